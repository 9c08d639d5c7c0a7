import { z } from 'zod';
import { Ask, AskOutcome } from './ask.ts';
import { EpochMs, Id, Offset, OutputKindField, SessionRef, StopCause, StreamId } from './fields.ts';

/** How a session's root process ended. */
export const HostExit = z.object({
	/** Exit code, null when a signal ended it. */
	code: z.int().nullable(),
	/** Name of the signal, such as `SIGKILL`, null when it exited by itself. */
	signal: z.string().nullable(),
	at: EpochMs
});
export type HostExit = z.infer<typeof HostExit>;

/**
 * One session of the host. `lost`: an earlier host died with it; its processes have been ended, its
 * spool can still be followed, and it never sends `exited`.
 */
export const HostSession = z.object({
	...SessionRef,
	streamId: StreamId,
	mode: z.enum(['pty', 'pipes']),
	phase: z.enum(['live', 'paused', 'exited', 'lost']),
	pid: z.int().optional(),
	startedAt: EpochMs,
	exit: HostExit.optional(),
	stopCause: StopCause.optional(),
	/** Per kind: first byte still in the spool, next byte to come. */
	streams: z.array(z.object({ kind: OutputKindField, start: Offset, end: Offset })),
	/** Next input byte the host wants: all before it are written to the process. */
	inOffset: Offset,
	cols: z.int(),
	rows: z.int(),
	/** Open questions; when all together exceed one frame, they follow as `approval.request` instead. */
	asks: z.array(Ask),
	askOutcomes: z.array(AskOutcome)
});
export type HostSession = z.infer<typeof HostSession>;

/** Answer to hello. Nothing is followed yet: the runner says from where with `follow`. */
export const HostWelcome = z.object({
	t: z.literal('welcome'),
	protocol: z.int().min(1),
	hostId: Id,
	pid: z.int(),
	startedAt: EpochMs,
	draining: z.boolean(),
	sessions: z.array(HostSession)
});
export type HostWelcome = z.infer<typeof HostWelcome>;
