// agent-village/client: what programs import.
export { createClient, type AppRouter, type Client } from './api.ts';
export {
	ControlPlaneClient,
	type ControlPlaneClientOptions,
	type ControlPlaneHealth,
	type SessionCallback,
	type SubscribeOptions,
	type SubscriptionProblem
} from './control-plane-client.ts';
export { Refusal } from './refusal.ts';
export {
	SessionEventBridge,
	type BridgeHealth,
	type VillageEvents,
	type VillageSink
} from './session-event-bridge.ts';
export type { SessionEvent } from './position.ts';
export type { ConnectionSettings, Token } from './settings.ts';
export { ServerMessage } from '#protocol/client/down.ts';
export { ClientMessage } from '#protocol/client/up.ts';
