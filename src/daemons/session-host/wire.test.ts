import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_HOST_FRAME } from '#protocol/host/limits.ts';
import { decodeMarks, encodeMark } from '#protocol/host/mark.ts';
import { readStreamFrame, writeStreamHeader } from '#protocol/host/stream-frame.ts';
import { createFrameReader } from './frame-reader.ts';
import { binaryHeader, createSplitter, jsonFrame, WireError } from './wire.ts';

test('frames come out whole and in order however the bytes are cut', () => {
	const frame = fc.oneof(
		fc.record({ type: fc.constant(0), payload: fc.json().map((text) => Buffer.from(text)) }),
		fc.record({
			type: fc.constant(1),
			payload: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes))
		})
	);
	fc.assert(
		fc.property(
			fc.array(frame, { maxLength: 20 }),
			fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
			(frames, cuts) => {
				const bytes = Buffer.concat(
					frames.flatMap(({ type, payload }) => {
						const header = binaryHeader(payload.length);
						header[4] = type;
						return [header, payload];
					})
				);
				const seen: { type: number; payload: Buffer }[] = [];
				const split = createSplitter((type, payload) =>
					seen.push({ type, payload: Buffer.from(payload) })
				);
				for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
					const size = cuts[turn % cuts.length] ?? 1;
					split(bytes.subarray(at, at + size));
					at += size;
				}
				expect(seen).toEqual(frames);
			}
		)
	);
});

test('frames read in place come out whole, and their memory stays as long as somebody reads it', () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 40 }),
			fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1 }),
			fc.array(fc.boolean(), { minLength: 1 }),
			(sizes, cuts, busy) => {
				const frames = sizes.map((size, i) => Buffer.alloc(size, i + 1));
				const bytes = Buffer.concat(frames.flatMap((one) => [binaryHeader(one.length), one]));
				let turn = 0;
				let held: { seen: Buffer; frame: Buffer }[] = [];
				let count = 0;
				const reader = createFrameReader(
					(type, payload) => {
						expect(type).toBe(1);
						held.push({ seen: payload, frame: frames[count++]! });
					},
					() => {
						const reading = busy[turn % busy.length] ?? false;
						for (const { seen, frame } of held) expect(seen.equals(frame)).toBe(true);
						if (!reading) held = [];
						return reading;
					}
				);
				for (let at = 0; at < bytes.length; turn += 1) {
					const target = reader.target();
					expect(target.length).toBeGreaterThanOrEqual(65_536);
					const size = Math.min(cuts[turn % cuts.length] ?? 1, target.length);
					const copied = bytes.copy(target, 0, at, at + size);
					reader.filled(copied);
					at += copied;
				}
				expect(count).toBe(frames.length);
				for (const { seen, frame } of held) expect(seen.equals(frame)).toBe(true);
			}
		),
		{ numRuns: 40 }
	);
});

test('an oversize frame and an unknown type are refused before their payload comes', () => {
	const split = () => createSplitter(() => expect.unreachable());
	const read = (bytes: Buffer) => {
		const reader = createFrameReader(() => expect.unreachable());
		reader.filled(bytes.copy(reader.target()));
	};
	const big = binaryHeader(MAX_HOST_FRAME + 1);
	expect(() => split()(big)).toThrow(WireError);
	expect(() => read(big)).toThrow(WireError);
	const odd = binaryHeader(1);
	odd[4] = 7;
	expect(() => split()(odd)).toThrow('unknown frame type 7');
	expect(() => read(odd)).toThrow('unknown frame type 7');
	expect(() => jsonFrame('x'.repeat(MAX_HOST_FRAME))).toThrow('over 1 MiB');
});

test('a stream header holds any stream and any offset below 2^53', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 255 }),
			fc.integer({ min: 0, max: 0xffff_ffff }),
			fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
			(kind, streamId, offset) => {
				const frame = Buffer.alloc(14, 1);
				writeStreamHeader(frame, kind, streamId, offset);
				expect(frame.readBigUInt64BE(5)).toBe(BigInt(offset));
				expect(readStreamFrame(frame)).toMatchObject({ kind, streamId, offset });
			}
		)
	);
	expect(readStreamFrame(Buffer.alloc(13))).toBeNull();
	expect(readStreamFrame(Buffer.alloc(13 + 65_537))).toBeNull();
	const beyond = Buffer.alloc(14);
	writeStreamHeader(beyond, 1, 1, Number.MAX_SAFE_INTEGER);
	expect(readStreamFrame(beyond)).toBeNull();
});

test('a mark survives its 20 bytes, a cut one is left out', () => {
	const mark = {
		type: 'resize',
		at: 1_790_000_000_123,
		offset: 2 ** 40 + 5,
		cols: 132,
		rows: 43
	} as const;
	const bytes = encodeMark(mark);
	expect(bytes).toHaveLength(20);
	expect(decodeMarks(Buffer.concat([bytes, bytes.subarray(0, 19)]))).toEqual([mark]);
});
