import { z } from 'zod';

/** An opaque id, as on every wire. */
export const Id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/);
/** Counter of placements of a session, from 1; fences off stale runners. */
export const Attempt = z.int().min(1).max(1_000_000);
/** Number of a stream, chosen by the server, one per attempt. */
export const StreamId = z.int().min(0).max(0xffff_ffff);
/** A position in a stream in bytes, from 0. */
export const Offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since 1970. */
export const EpochMs = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const Cols = z.int().min(2).max(1000);
export const Rows = z.int().min(1).max(1000);
/** 0x01 terminal, 0x02 stderr, 0x03 raw lines, 0x04 marks. */
export const OutputKindField = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);

/** Which session, and which placement of it. */
export const SessionRef = { sessionId: Id, attempt: Attempt };

/** A position in one output stream. */
export const StreamOffset = z.object({ streamId: StreamId, kind: OutputKindField, offset: Offset });
export type StreamOffset = z.infer<typeof StreamOffset>;

export const StopCause = z.enum(['user', 'timeout', 'policy', 'drain', 'superseded', 'lease']);
export type StopCause = z.infer<typeof StopCause>;
