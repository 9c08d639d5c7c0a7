// Byte streams as they are named in JSON frames.
import { z } from 'zod';
import { Attempt, Id, Offset, StreamId } from '../envelope.ts';

/** Kinds of binary frames; the numbers are `KIND` of binary.ts. */
export const StreamKind = z.union([
	z.literal(0x01),
	z.literal(0x02),
	z.literal(0x03),
	z.literal(0x04),
	z.literal(0x10),
	z.literal(0x20)
]);

/** Which bytes of one kind the sender still has: `start` first byte in the spool, `end` next byte to come. */
export const StreamRange = z.object({ kind: StreamKind, start: Offset, end: Offset });
export type StreamRange = z.infer<typeof StreamRange>;

/** A position in one kind of a session's stream: the next byte wanted, or one past the last byte. */
export const StreamOffset = z.object({ kind: StreamKind, offset: Offset });
export type StreamOffset = z.infer<typeof StreamOffset>;

/** A position in any stream of a connection. */
export const StreamAck = z.object({ streamId: StreamId, kind: StreamKind, offset: Offset });
export type StreamAck = z.infer<typeof StreamAck>;

/** Most streams named in one frame. */
export const MAX_STREAMS = 1024;

/** Which placement of which session a frame is about. */
export const sessionRef = { sessionId: Id, attempt: Attempt };
