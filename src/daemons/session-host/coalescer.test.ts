import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createCoalescer } from './coalescer.ts';

function collect(accept = () => true) {
	const frames: Buffer[] = [];
	let quiet = 0;
	const coalescer = createCoalescer({
		sink(parts) {
			if (!accept()) return false;
			frames.push(Buffer.concat(parts));
			return true;
		},
		onQuiet: () => (quiet += 1)
	});
	return { coalescer, frames, quiet: () => quiet };
}

test('the first chunk after silence is sent in the same turn, the next ones together', async () => {
	const { coalescer, frames, quiet } = collect();
	coalescer.push(Buffer.from('a'));
	expect(frames.map(String)).toEqual(['a']);
	coalescer.push(Buffer.from('b'));
	coalescer.push(Buffer.from('c'));
	expect(frames).toHaveLength(1);
	await sleep(30);
	expect(frames.map(String)).toEqual(['a', 'bc']);
	expect(quiet()).toBe(1);
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
