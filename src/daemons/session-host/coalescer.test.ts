import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createCoalescer } from './coalescer.ts';

const ROOM = 18;

function collect(accept = () => true) {
	const frames: Buffer[] = [];
	const coalescer = createCoalescer({
		room: ROOM,
		sink(frame) {
			if (!accept()) return 'refused';
			frames.push(Buffer.from(frame.subarray(ROOM)));
			return 'free';
		}
	});
	return { coalescer, frames };
}

test('the first chunk after silence is sent in the same turn, the next ones together', async () => {
	const { coalescer, frames } = collect();
	coalescer.push(Buffer.from('a'));
	expect(frames.map(String)).toEqual(['a']);
	coalescer.push(Buffer.from('b'));
	coalescer.push(Buffer.from('c'));
	expect(frames).toHaveLength(1);
	await sleep(30);
	expect(frames.map(String)).toEqual(['a', 'bc']);
	await sleep(30);
	coalescer.push(Buffer.from('d'));
	expect(frames).toHaveLength(3);
	coalescer.close();
});

test('64 KiB are a frame at once and no frame is longer', () => {
	const { coalescer, frames } = collect();
	coalescer.push(Buffer.from('x'));
	coalescer.push(Buffer.alloc(60_000, 1));
	coalescer.push(Buffer.alloc(80_000, 2));
	coalescer.flush();
	expect(frames.map((frame) => frame.length)).toEqual([1, 65_536, 65_536, 8928]);
	const all = Buffer.concat(frames.slice(1));
	expect(all.equals(Buffer.concat([Buffer.alloc(60_000, 1), Buffer.alloc(80_000, 2)]))).toBe(true);
	coalescer.close();
});

test('after a key every small chunk goes out at once', () => {
	const { coalescer, frames } = collect();
	coalescer.push(Buffer.from('a'));
	coalescer.key();
	coalescer.push(Buffer.from('b'));
	coalescer.push(Buffer.from('c'));
	expect(frames.map(String)).toEqual(['a', 'b', 'c']);
	coalescer.push(Buffer.alloc(5000));
	expect(frames).toHaveLength(3);
	coalescer.close();
});

test('bytes that were refused are kept in their order and tried again', () => {
	let full = true;
	const { coalescer, frames } = collect(() => !full);
	const chunk = Buffer.from('abc');
	coalescer.push(chunk);
	// The caller's buffer is only valid during the call.
	chunk.fill(0);
	coalescer.push(Buffer.from('def'));
	expect(coalescer.flush()).toBe(false);
	full = false;
	expect(coalescer.flush()).toBe(true);
	expect(Buffer.concat(frames).toString()).toBe('abcdef');
	coalescer.close();
});

test('a flood that is refused in its middle loses nothing and keeps its order', () => {
	let room = 2;
	const { coalescer, frames } = collect(() => room-- > 0);
	const flood = Buffer.alloc(300_000, 0).map((_, i) => i % 251);
	for (let at = 0; at < flood.length; at += 70_001)
		coalescer.push(Buffer.from(flood.subarray(at, at + 70_001)));
	expect(frames.length).toBe(2);
	room = 100;
	expect(coalescer.flush()).toBe(true);
	expect(Buffer.concat(frames).equals(Buffer.from(flood))).toBe(true);
	expect(Math.max(...frames.map((frame) => frame.length))).toBe(65_536);
	coalescer.close();
});

test('memory that the sink keeps is not written to again', () => {
	const kept: Buffer[] = [];
	const coalescer = createCoalescer({
		room: ROOM,
		sink(frame) {
			kept.push(frame);
			return 'kept';
		}
	});
	coalescer.push(Buffer.alloc(65_536, 1));
	coalescer.push(Buffer.alloc(65_536, 2));
	coalescer.push(Buffer.alloc(65_536, 3));
	expect(kept.map((frame) => frame[ROOM])).toEqual([1, 2, 3]);
	coalescer.close();
});
