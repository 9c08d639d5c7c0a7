import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSpool, type Spool } from './spool.ts';
import { makeFolder } from './testing/host.ts';

const SEGMENT = 100;
const KEEP = 250;

function read(spool: Spool, offset: number, max: number): Buffer | null {
	const target = Buffer.alloc(max + 3);
	const length = spool.read(offset, max, target, 3);
	return length === null ? null : target.subarray(3, 3 + length);
}

test('whatever is appended, acknowledged and reopened, the spool gives back exactly those bytes', () => {
	const step = fc.oneof(
		fc.record({ do: fc.constant('append' as const), size: fc.integer({ min: 1, max: 180 }) }),
		fc.record({ do: fc.constant('ack' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
		fc.record({
			do: fc.constant('read' as const),
			at: fc.double({ min: 0, max: 1, noNaN: true }),
			max: fc.integer({ min: 1, max: 300 })
		}),
		fc.record({ do: fc.constant('reopen' as const) })
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const dir = mkdtempSync(join(tmpdir(), 'spool-'));
			const open = () => openSpool({ dir, kind: 1, segmentBytes: SEGMENT, keepBytes: KEEP });
			let spool = open();
			let all = Buffer.alloc(0);
			let acked = 0;
			try {
				for (const one of steps) {
					if (one.do === 'append') {
						const bytes = Buffer.alloc(one.size, (all.length * 7 + one.size) % 251);
						spool.append(bytes);
						all = Buffer.concat([all, bytes]);
					} else if (one.do === 'ack') {
						acked = Math.max(acked, Math.floor(one.at * all.length));
						spool.ack(acked);
					} else if (one.do === 'reopen') {
						spool.close();
						spool = open();
					} else {
						const from = Math.floor(one.at * all.length);
						const bytes = read(spool, from, one.max);
						if (from < spool.start) expect(bytes).toBeNull();
						else expect(bytes?.equals(all.subarray(from, from + (bytes?.length ?? 0)))).toBe(true);
						if (from >= spool.start && from < all.length) expect(bytes?.length).toBeGreaterThan(0);
					}
					expect(spool.end).toBe(all.length);
					// Nothing that is not acknowledged, and none of the last bytes, is ever deleted.
					expect(spool.start).toBeLessThanOrEqual(Math.max(0, Math.min(acked, all.length - KEEP)));
				}
			} finally {
				spool.close();
				rmSync(dir, { recursive: true, force: true });
			}
		}),
		{ numRuns: 150 }
	);
});

test('acknowledged segments are deleted, the last bytes are kept', () => {
	const dir = makeFolder();
	const spool = openSpool({ dir, kind: 1, segmentBytes: SEGMENT, keepBytes: KEEP });
	for (let count = 0; count < 20; count += 1) spool.append(Buffer.alloc(100, count));
	expect(readdirSync(dir)).toHaveLength(20);
	spool.ack(2000);
	expect(spool.start).toBe(1700);
	expect(readdirSync(dir)).toHaveLength(3);
	expect(read(spool, 0, 10)).toBeNull();
	expect(read(spool, 2000, 10)).toHaveLength(0);
	spool.close();
});
