// Server → client: what concerns the connection itself, or a runner.
import { z } from 'zod';
import { Id, Offset, Time } from '../envelope.ts';
import { SESSION_STATES } from '../session-words.ts';
import { MessageId } from './fields.ts';

const event = <N extends string, D extends z.ZodType>(name: N, data: D) =>
	z.object({
		type: z.literal('event'),
		event: z.literal(name),
		data,
		messageId: MessageId.optional(),
		timestamp: Time
	});

/** Always the first message. */
export const Connected = event(
	'connected',
	z.object({
		clientId: Id,
		protocol: z.number().int(),
		heartbeatIntervalMs: z.number().int().min(1)
	})
);
export const Authenticated = event(
	'authenticated',
	z.object({ userId: Id, orgIds: z.array(Id), expiresAt: Time.nullable() })
);
/** `seq` and `offset`: how far the session was at this moment. */
export const Subscribed = event(
	'subscribed',
	z.object({
		sessionId: Id.optional(),
		runnerId: Id.optional(),
		state: z.enum(SESSION_STATES).optional(),
		seq: z.number().int().min(0).optional(),
		offset: Offset.optional()
	})
);
/** `reason` when nobody asked for it: `access_ended`, `removed`. */
export const Unsubscribed = event(
	'unsubscribed',
	z.object({
		sessionId: Id.optional(),
		runnerId: Id.optional(),
		reason: z.string().optional()
	})
);
export const InputAccepted = event(
	'input_accepted',
	z.object({ sessionId: Id, bytes: z.number().int().min(0) })
);
/** These bytes of the terminal are lost, or no longer kept. */
export const TerminalGap = event(
	'terminal_gap',
	z.object({ sessionId: Id, from: Offset, to: Offset })
);
const percent = z.number().min(0).max(100);
export const RunnerStatus = event(
	'runner_status',
	z.object({
		runnerId: Id,
		status: z.enum(['online', 'offline', 'draining', 'maintenance']),
		load: z.object({ cpuPercent: percent, memoryPercent: percent, diskPercent: percent }).nullable()
	})
);
/** The server goes down; come back. */
export const ServerShutdown = event('server_shutdown', z.object({}));

export const EventMessage = z.discriminatedUnion('event', [
	Connected,
	Authenticated,
	Subscribed,
	Unsubscribed,
	InputAccepted,
	TerminalGap,
	RunnerStatus,
	ServerShutdown
]);
export type EventMessage = z.infer<typeof EventMessage>;
