// Which bytes go on: output to the server without holes, input to the process exactly once. Pure.
import { placeBytes } from '#protocol/runner/binary.ts';

/**
 * Output of one session. After a reconnect frames of before may still come out of the host's socket; only the one that
 * continues what was sent goes on, so the server never sees a hole that is none.
 */
export interface OutputGate {
	/** From here on the stream is sent. */
	follow(kind: number, offset: number): void;
	/** Whether a frame goes on; then the gate moves to its end. */
	pass(kind: number, offset: number, length: number): boolean;
	/** Next byte that goes on, or null when the kind is not followed. */
	next(kind: number): number | null;
	/** Nothing goes on until `follow`. */
	shut(): void;
	/** Whether everything up to these offsets went on. */
	reached(final: readonly { kind: number; offset: number }[]): boolean;
}

export function createOutputGate(): OutputGate {
	let positions = new Map<number, number>();
	return {
		follow: (kind, offset) => void positions.set(kind, offset),
		pass(kind, offset, length) {
			if (positions.get(kind) !== offset) return false;
			positions.set(kind, offset + length);
			return true;
		},
		next: (kind) => positions.get(kind) ?? null,
		shut: () => void (positions = new Map()),
		reached: (final) =>
			final.every(({ kind, offset }) => offset === 0 || (positions.get(kind) ?? -1) >= offset)
	};
}

/** Most input bytes of a session that were taken and not yet written; more is asked for again later. */
export const MAX_INPUT_HELD = 262_144;

export interface InputPart {
	offset: number;
	bytes: Uint8Array;
}

/** Input of one session: holes are asked for, repeats are dropped, what the process has not taken is kept. */
export interface InputRelay {
	/** Judges a frame: what to hand on, or from where to ask again (`nack`), or neither (it was a repeat). */
	receive(offset: number, bytes: Uint8Array): { part?: InputPart; nack?: number };
	/** Everything before this offset is written. */
	written(offset: number): void;
	/** What is to be handed on again from an offset. */
	again(offset: number): InputPart[];
	/** Next byte that was not written yet. */
	readonly acked: number;
}

/** @param from next input byte the process wants */
export function createInputRelay(from: number): InputRelay {
	let acked = from;
	let expected = from;
	let held: InputPart[] = [];
	return {
		receive(offset, bytes) {
			const place = placeBytes(expected, offset, bytes.length);
			if (place.take === 'nack') return { nack: expected };
			if (place.take === 'none') return {};
			const part = { offset: expected, bytes: bytes.slice(place.skip) };
			if (part.offset + part.bytes.length - acked > MAX_INPUT_HELD) return {};
			held.push(part);
			expected += part.bytes.length;
			return { part };
		},
		written(offset) {
			if (offset <= acked || offset > expected) return;
			acked = offset;
			held = held.filter((part) => part.offset + part.bytes.length > acked);
		},
		again: (offset) =>
			held
				.filter((part) => part.offset + part.bytes.length > offset)
				.map((part) =>
					part.offset >= offset
						? part
						: { offset, bytes: part.bytes.subarray(offset - part.offset) }
				),
		get acked() {
			return acked;
		}
	};
}
