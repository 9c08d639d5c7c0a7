import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInputRelay, createOutputGate, MAX_INPUT_HELD } from './relay.ts';

test('output goes on without holes, whatever frames of before come in between', () => {
	fc.assert(
		fc.property(
			fc.array(fc.record({ offset: fc.nat(60), length: fc.integer({ min: 1, max: 20 }) })),
			fc.nat(30),
			(frames, from) => {
				const gate = createOutputGate();
				gate.follow(1, from);
				let next = from;
				for (const { offset, length } of frames)
					if (gate.pass(1, offset, length)) {
						expect(offset).toBe(next);
						next += length;
					}
				expect(gate.next(1)).toBe(next);
			}
		)
	);
});

test('after a disconnect nothing goes on, and an end counts as told only when all bytes went on', () => {
	const gate = createOutputGate();
	gate.follow(1, 0);
	expect(gate.pass(1, 0, 10)).toBe(true);
	expect(
		gate.reached([
			{ kind: 1, offset: 20 },
			{ kind: 2, offset: 0 }
		])
	).toBe(false);
	expect(gate.pass(1, 10, 10)).toBe(true);
	expect(
		gate.reached([
			{ kind: 1, offset: 20 },
			{ kind: 2, offset: 0 }
		])
	).toBe(true);
	gate.shut();
	expect(gate.pass(1, 20, 1)).toBe(false);
	expect(gate.reached([{ kind: 1, offset: 20 }])).toBe(false);
});

test('input is handed on once and in order under repeats, overlaps and holes', () => {
	const text = Buffer.from('the quick brown fox jumps over the lazy dog');
	fc.assert(
		fc.property(
			fc.array(
				fc.record({ from: fc.nat(text.length - 1), length: fc.integer({ min: 1, max: 9 }) }),
				{
					maxLength: 60
				}
			),
			(pieces) => {
				const relay = createInputRelay(0);
				let written = Buffer.alloc(0);
				for (const { from, length } of pieces) {
					const result = relay.receive(from, text.subarray(from, from + length));
					if (!result.part) {
						if (result.nack !== undefined) expect(result.nack).toBe(written.length);
						continue;
					}
					expect(result.part.offset).toBe(written.length);
					written = Buffer.concat([written, result.part.bytes]);
				}
				expect(written).toEqual(text.subarray(0, written.length));
				expect(Buffer.concat(relay.again(0).map((part) => part.bytes))).toEqual(written);
			}
		)
	);
});

test('input the process does not take is held up to a bound and then left to the server', () => {
	const relay = createInputRelay(0);
	const piece = new Uint8Array(65_536);
	let taken = 0;
	for (let i = 0; i < 10; i++) if (relay.receive(taken, piece).part) taken += piece.length;
	expect(taken).toBe(MAX_INPUT_HELD);
	relay.written(65_536);
	expect(relay.receive(taken, piece).part?.offset).toBe(taken);
	expect(relay.again(65_536 + 10)[0]).toMatchObject({ offset: 65_546 });
});
