// First frame of a runner on every connection: who it is and what it holds.
import { z } from 'zod';
import { Id, Offset, Seq, StreamId, text, Time } from '../envelope.ts';
import { ProviderReport } from './provider-report.ts';
import { sessionRef, StreamRange } from './streams.ts';

/** How a process ended: exactly one of code and signal is set, or neither when nobody knows. */
export const Exit = z.object({
	code: z.number().int().nullable(),
	signal: text(32).nullable(),
	at: Time
});
export type Exit = z.infer<typeof Exit>;

/** A session the runner or its session host holds. */
export const HeldSession = z.object({
	...sessionRef,
	streamId: StreamId,
	phase: z.enum(['preparing', 'starting', 'live', 'paused', 'exited']),
	pid: z.number().int().positive().optional(),
	exit: Exit.optional(),
	streams: z.array(StreamRange).max(8).default([]),
	/** Next input byte wanted. */
	inOffset: Offset
});
export type HeldSession = z.infer<typeof HeldSession>;

/** A question somebody in a session is still blocked on. */
export const HeldApproval = z.object({
	approvalId: Id,
	generation: z.number().int().min(1),
	...sessionRef
});
export type HeldApproval = z.infer<typeof HeldApproval>;

/** A free word a session may ask for, such as `gpu`. */
export const Feature = z.string().regex(/^[a-z0-9._-]{1,40}$/);

/** Simultaneous sessions: 1..100. */
export const Capacity = z.number().int().min(1).max(100);

/** Folders below which a house may point at a local clone; absolute. */
export const AllowLocal = z.array(text(1000)).max(64);

/** Installed versions by provider id. */
export const RuntimeVersions = z.record(text(64), text(200));

export const Hello = z.object({
	t: z.literal('hello'),
	protocol: z.number().int().min(1),
	minProtocol: z.number().int().min(1),
	runnerId: Id,
	/** New per process of the runner: reliable frames start at 1 again with it. */
	bootId: Id,
	runnerVersion: text(64),
	hostname: text(255),
	os: text(64),
	arch: text(64),
	startedAt: Time,
	capacity: Capacity,
	features: z.array(Feature).max(32).default([]),
	providers: z.array(ProviderReport).max(64).default([]),
	runtimeVersions: RuntimeVersions.default({}),
	allowLocal: AllowLocal.default([]),
	/** Last reliable frame of the server that was applied; 0: none. */
	recv: z.object({ seq: Seq.or(z.literal(0)) }),
	sessions: z.array(HeldSession).max(1000).default([]),
	pendingApprovals: z.array(HeldApproval).max(1000).default([])
});
export type Hello = z.infer<typeof Hello>;
