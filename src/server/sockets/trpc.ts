// tRPC's socket: the WebSocketServer that trpc-sveltekit shares between dev and production, with our admission in front
// (docs/decisions: trpc-sveltekit).
import type { IncomingMessage } from 'node:http';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { createWSSGlobalInstance, GlobalThisWSS } from 'trpc-sveltekit/websocket';
import type { WebSocket, WebSocketServer } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import type { Actor } from '#server/auth/actor.ts';
import { concerns, type Revocations } from '#server/auth/revocation.ts';
import type { Context } from '#server/trpc/trpc.ts';
import { appRouter } from '#server/trpc/router.ts';
import { MAX_BATCH } from '#server/trpc/trpc.ts';
import { newId } from '#server/new-id.ts';
import type { App } from '#server/app.ts';
import { sharingEncoder, sharingSend } from './trpc-frames.ts';
import type { Door } from './upgrade.ts';

const MAX_PAYLOAD = 1_048_576;
const SOCKETS_PER_USER = 20;
/** What one subscriber may leave unread before its sockets are ended; it resumes by cursor. */
const MAX_UNREAD = 4 * 1_048_576;
const WATCH_MS = 1_000;
const KEEP_ALIVE = { enabled: true, pingMs: 25_000, pongWaitMs: 35_000 };

export function createTrpcDoor(deps: {
	app: () => App;
	revocations: Revocations;
	authenticate: (request: IncomingMessage) => Promise<Actor | null>;
}): Door {
	createWSSGlobalInstance();
	const wss = (globalThis as unknown as Record<symbol, WebSocketServer>)[GlobalThisWSS]!;
	const actors = new WeakMap<IncomingMessage, Actor>();
	const open = new Map<WebSocket, Actor>();
	const handler = applyWSSHandler({
		wss,
		router: appRouter,
		keepAlive: KEEP_ALIVE,
		maxBatchSize: MAX_BATCH,
		experimental_encoder: sharingEncoder,
		createContext: ({ req }): Context => ({
			app: deps.app(),
			actor: actors.get(req) ?? null,
			requestId: newId(),
			// Made once per socket, so that all its calls are counted together.
			load: { calls: 0, subscriptions: 0 }
		})
	});
	const stop = deps.revocations.subscribe((revocation) => {
		for (const [socket, actor] of open)
			if (concerns(revocation, actor)) {
				// A changed role is no lost sign-in: the client comes back and is asked again what it may.
				if (revocation.kind === 'membership') socket.close(CLOSE.restarting, 'access changed');
				else socket.close(CLOSE.unauthorized, 'access ended');
			}
	});
	const watch = setInterval(() => {
		for (const socket of open.keys())
			if (socket.bufferedAmount > MAX_UNREAD) {
				socket.close(CLOSE.windowExceeded, 'CONSUMER_TOO_SLOW');
				// Its close frame waits behind what it does not read.
				socket.terminate();
			}
	}, WATCH_MS);
	watch.unref();

	const socketsOf = (userId: string) =>
		[...open.values()].filter((other) => other.id === userId).length;

	return {
		path: '/trpc',
		audience: 'browser',
		maxPayload: MAX_PAYLOAD,
		async admit(request) {
			const actor = await deps.authenticate(request);
			if (!actor)
				return { refuse: { status: 401, code: 'UNAUTHENTICATED', message: 'Sign in first.' } };
			if (socketsOf(actor.id) >= SOCKETS_PER_USER)
				return {
					refuse: {
						status: 429,
						code: 'RATE_LIMITED',
						message: `At most ${SOCKETS_PER_USER} connections at a time.`
					}
				};
			return {
				accept(socket) {
					// Of many upgrades admitted in the same moment, those that came too late are told here.
					if (socketsOf(actor.id) >= SOCKETS_PER_USER)
						return socket.close(CLOSE.flood, 'RATE_LIMITED');
					sharingSend(socket);
					actors.set(request, actor);
					open.set(socket, actor);
					socket.once('close', () => open.delete(socket));
					wss.emit('connection', socket, request);
				}
			};
		},
		async close(code, reason) {
			clearInterval(watch);
			stop();
			handler.broadcastReconnectNotification();
			// A moment for the notice to leave before the socket does.
			await new Promise((resolve) => setTimeout(resolve, open.size > 0 ? 50 : 0));
			for (const socket of open.keys()) socket.close(code, reason);
			wss.removeAllListeners();
		}
	};
}
