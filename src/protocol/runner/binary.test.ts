import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../envelope.ts';
import { decodeBinary, encodeBinary, HEADER_BYTES, KIND, placeBytes } from './binary.ts';

const kinds = fc.constantFrom(...Object.values(KIND));

test('a frame that was laid out is read back as it was', () => {
	fc.assert(
		fc.property(
			kinds,
			fc.integer({ min: 0, max: 0xffff_ffff }),
			fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1000 }),
			fc.uint8Array({ minLength: 1, maxLength: 1000 }),
			(kind, streamId, offset, payload) => {
				const result = decodeBinary(encodeBinary(kind, streamId, offset, payload));
				expect(result).toEqual({ ok: true, frame: { kind, streamId, offset, payload } });
			}
		)
	);
});

test('a frame inside a bigger buffer is read at its place', () => {
	const frame = encodeBinary(KIND.terminal, 7, 2 ** 40, new Uint8Array([1, 2, 3]));
	const big = new Uint8Array(100);
	big.set(frame, 50);
	const result = decodeBinary(big.subarray(50, 50 + frame.length));
	expect(result.ok && result.frame).toMatchObject({ streamId: 7, offset: 2 ** 40 });
});

test('whatever the bytes are, reading them does not throw', () => {
	fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decodeBinary(bytes)));
});

test('what is not a frame is refused with a word why', () => {
	const good = encodeBinary(KIND.input, 1, 0, new Uint8Array([1]));
	expect(decodeBinary(good.subarray(0, 12))).toMatchObject({ message: 'header too short' });
	expect(decodeBinary(good.subarray(0, HEADER_BYTES))).toMatchObject({ message: 'empty payload' });
	const unknown = good.slice();
	unknown[0] = 0x05;
	expect(decodeBinary(unknown)).toMatchObject({ message: 'unknown kind 5' });
	const far = good.slice();
	far.fill(0xff, 5, 13);
	expect(decodeBinary(far)).toMatchObject({ message: 'offset out of range' });
	const big = new Uint8Array(HEADER_BYTES + MAX_PAYLOAD_BYTES + 1);
	big[0] = KIND.terminal;
	expect(decodeBinary(big)).toMatchObject({ message: 'payload too big' });
});

test('nothing that does not fit is laid out', () => {
	const one = new Uint8Array(1);
	expect(() => encodeBinary(KIND.input, 1, 0, new Uint8Array(0))).toThrow(RangeError);
	expect(() => encodeBinary(KIND.input, 1, 0, new Uint8Array(65_537))).toThrow(RangeError);
	expect(() => encodeBinary(KIND.input, 2 ** 32, 0, one)).toThrow(RangeError);
	expect(() => encodeBinary(KIND.input, 1, -1, one)).toThrow(RangeError);
	expect(() => encodeBinary(KIND.input, 1, Number.MAX_SAFE_INTEGER, one)).toThrow(RangeError);
});

test('a receiver takes each byte once: the overlap is dropped, a hole is asked for', () => {
	fc.assert(
		fc.property(
			fc.nat(100),
			fc.nat(100),
			fc.integer({ min: 1, max: 50 }),
			(expected, offset, length) => {
				const place = placeBytes(expected, offset, length);
				if (place.take === 'nack') expect(offset).toBeGreaterThan(expected);
				else if (place.take === 'none') expect(offset + length).toBeLessThanOrEqual(expected);
				else expect(offset + place.skip).toBe(expected);
			}
		)
	);
});
