import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInputQueue } from './input-queue.ts';

test('however input is cut, repeated and refused, the process reads each byte once and in order', () => {
	fc.assert(
		fc.property(
			fc.uint8Array({ minLength: 1, maxLength: 400 }),
			fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 120 })), { maxLength: 40 }),
			(text, pieces) => {
				const written: number[] = [];
				const queue = createInputQueue({
					write(bytes) {
						written.push(...bytes);
						return bytes.length;
					},
					onWritten: () => undefined
				});
				for (const [at, size] of pieces) {
					const from = Math.min(at, text.length - 1);
					const taken = queue.push(from, text.subarray(from, from + size));
					expect(taken).toBe(from > queue.received ? 'gap' : 'taken');
				}
				queue.push(queue.received, text.subarray(queue.received));
				expect(written).toEqual([...text]);
				expect(queue.written).toBe(text.length);
			}
		)
	);
});

test('a process that does not read gets its input later, and over the bound nothing is taken', async () => {
	let room = 0;
	const written: Buffer[] = [];
	const queue = createInputQueue({
		limit: 10_000,
		write(bytes) {
			const part = bytes.subarray(0, room);
			room -= part.length;
			written.push(Buffer.from(part));
			return part.length;
		},
		onWritten: () => undefined
	});
	expect(queue.push(0, Buffer.alloc(9000, 'a'))).toBe('taken');
	expect(queue.push(9000, Buffer.alloc(2000, 'b'))).toBe('full');
	expect(queue.received).toBe(9000);
	room = 100_000;
	await expect.poll(() => queue.written).toBe(9000);
	expect(queue.push(9000, Buffer.alloc(2000, 'b'))).toBe('taken');
	expect(Buffer.concat(written)).toHaveLength(11_000);
	queue.close();
	expect(queue.push(11_000, Buffer.from('c'))).toBe('ended');
});
