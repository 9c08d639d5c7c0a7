// What every wire shares: the shape of ids, offsets, times and text, and reading one JSON frame without throwing.
import { z } from 'zod';

/** Most bytes of one frame on the runner wire, both ways (control-plane.md 8.1). */
export const MAX_FRAME_BYTES = 1_048_576;

/** Most payload bytes of one binary frame (control-plane.md 8.3). */
export const MAX_PAYLOAD_BYTES = 65_536;

/** An opaque id as it may stand on any wire. */
export const Id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/);

/** A byte position: 0..2^53-1. */
export const Offset = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Number of a reliable frame: from 1, +1 each. */
export const Seq = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** 1-based counter of placements of a session. */
export const Attempt = z.number().int().min(1).max(1_000_000);

/** Number of a binary stream: an unsigned 32-bit integer. */
export const StreamId = z.number().int().min(0).max(0xffff_ffff);

/** ISO 8601 in UTC. */
export const Time = z.iso.datetime();

/** Whether a database and a JSON parser of any language take this text: no U+0000, no lone surrogate. */
export function isCleanText(value: string): boolean {
	// eslint-disable-next-line no-control-regex -- U+0000 is exactly what is looked for
	return !/\u0000/.test(value) && !/\p{Surrogate}/u.test(value);
}

/** Text cut to at most `max` UTF-16 units, never in the middle of a character. */
export function clipped(value: string, max: number): string {
	return value.length <= max ? value : value.slice(0, max).replace(/[\ud800-\udbff]$/, '');
}

/** Clean text of at most `max` UTF-16 units. */
export function text(max: number) {
	return z.string().max(max).refine(isCleanText, 'holds U+0000 or a lone surrogate');
}

/** A frame that was understood, or why it was not. `seq` is set when the bad frame was a reliable one. */
export type ReadResult<T> =
	| { ok: true; frame: T }
	| { ok: false; code: 'BAD_FRAME' | 'UNKNOWN_FRAME'; message: string; seq?: number };

/** The `t` of every member of a union of frames. */
export function frameTypes(
	options: readonly { shape: { t: { value: string } } }[]
): ReadonlySet<string> {
	return new Set(options.map((option) => option.shape.t.value));
}

/**
 * Reads one JSON frame of a union discriminated by `t`. Never throws.
 * An unknown `t` is told apart from a known one with wrong fields: the first is the sender being newer than we are.
 */
export function readFrame<T>(
	schema: z.ZodType<T>,
	types: ReadonlySet<string>,
	json: string
): ReadResult<T> {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		return { ok: false, code: 'BAD_FRAME', message: 'not JSON' };
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return { ok: false, code: 'BAD_FRAME', message: 'not an object' };
	const { t, seq } = value as { t?: unknown; seq?: unknown };
	const number = Seq.safeParse(seq);
	// `ack` and `nack` carry somebody else's seq: taking it for their own would skip a frame.
	const reliable = typeof t === 'string' && (t.includes('.') || !types.has(t));
	const numbered = number.success && reliable ? { seq: number.data } : {};
	if (typeof t !== 'string' || !types.has(t)) {
		const name = typeof t === 'string' ? t.slice(0, 64) : 'none';
		return { ok: false, code: 'UNKNOWN_FRAME', message: `unknown t: ${name}`, ...numbered };
	}
	const parsed = tried(schema, value);
	if (parsed.success) return { ok: true, frame: parsed.data };
	const issue = parsed.error.issues[0];
	const message = `${t}.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'refused'}`;
	return { ok: false, code: 'BAD_FRAME', message: message.slice(0, 300), ...numbered };
}

/** A value nested so deep that the schema's own stack ends is one more that does not fit. */
function tried<T>(schema: z.ZodType<T>, value: unknown) {
	try {
		return schema.safeParse(value);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return { success: false as const, error: new z.ZodError([]) };
	}
}

/** A reliable frame before the sender has numbered it. */
export type Unnumbered<T> = T extends { seq: number } ? Omit<T, 'seq'> : never;
