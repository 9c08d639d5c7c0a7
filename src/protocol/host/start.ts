import { z } from 'zod';
import { Cols, EpochMs, Rows, SessionRef, StreamId } from './fields.ts';

const NO_NUL = /^[^\0]*$/;

/**
 * Start a process. Idempotent by (sessionId, attempt): a repeated start answers `started` again.
 * The environment is the child's whole one; the host adds VILLAGE_SESSION_ID, VILLAGE_SESSION_MARK,
 * VILLAGE_ASK_SOCKET and VILLAGE_ASK_TOKEN and inherits nothing of its own. All streams of the
 * new session are followed from 0 on the connection that started it.
 */
export const HostStart = z.object({
	t: z.literal('start'),
	...SessionRef,
	streamId: StreamId,
	mode: z.enum(['pty', 'pipes']),
	/** Program and arguments; the program is an absolute path or found on the PATH given in env. */
	argv: z.array(z.string().max(131_072).regex(NO_NUL)).min(1).max(1000),
	/** Absolute path of an existing folder. */
	cwd: z.string().min(1).max(4096).regex(NO_NUL),
	env: z.record(z.string().regex(/^[^\0=]+$/), z.string().regex(NO_NUL)),
	cols: Cols,
	rows: Rows,
	/** Time it may run, pauses not counted; then it is stopped with cause `timeout`. */
	timeoutMs: z.int().min(1).optional(),
	/** The same as a point in time; paused time is added. The earlier of both counts. */
	deadlineAt: EpochMs.optional(),
	/** Without a `lease` message for so long the host stops the session with cause `lease`. */
	leaseMs: z.int().min(1).optional()
});
export type HostStart = z.infer<typeof HostStart>;
