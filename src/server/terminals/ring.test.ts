import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRing } from './ring.ts';

test('a ring gives back exactly the newest bytes, whatever the pieces were', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 64 }),
			fc.integer({ min: 0, max: 1000 }),
			fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 20 }),
			(capacity, at, pieces) => {
				const ring = createRing(capacity, at);
				let all = Buffer.alloc(0);
				for (const piece of pieces) {
					ring.push(at + all.length, piece);
					all = Buffer.concat([all, piece]);
				}
				const held = Math.min(capacity, all.length);
				expect(ring.end).toBe(at + all.length);
				expect(ring.end - ring.start).toBe(held);
				if (held > 0) {
					expect(ring.slice(ring.start, 1e6)).toEqual(all.subarray(all.length - held));
					expect(ring.slice(ring.end - 1, 1e6)).toEqual(all.subarray(all.length - 1));
				}
				expect(ring.slice(ring.start - 1, 1)).toBeNull();
				expect(ring.slice(ring.end, 1)).toBeNull();
			}
		)
	);
});

test('a gap empties the ring, so that nobody reads across it', () => {
	const ring = createRing(16, 0);
	ring.push(0, Buffer.from('before'));
	ring.push(100, Buffer.from('after'));
	expect(ring.slice(0, 16)).toBeNull();
	expect(ring.slice(100, 16)?.toString()).toBe('after');
});
