import { expect, test } from 'vitest';
import { frameOf, withRoom } from './live-frame.ts';
import { createRecent } from './recent.ts';

const frame = (bytes: number) => frameOf(withRoom(Buffer.alloc(bytes)), 1, 0);

test('big frames are found by where they begin, the oldest make room, small ones are left to the ring', () => {
	const recent = createRecent(100_000);
	const first = frame(40_000);
	const second = frame(40_000);
	recent.push(0, first);
	recent.push(40_000, second);
	recent.push(80_000, frame(100));
	expect(recent.at(0)).toBe(first);
	expect(recent.at(40_000)).toBe(second);
	expect(recent.at(40_001)).toBeUndefined();
	expect(recent.at(80_000)).toBeUndefined();
	recent.push(80_100, frame(40_000));
	expect(recent.at(0)).toBeUndefined();
	expect(recent.at(40_000)).toBe(second);
});
