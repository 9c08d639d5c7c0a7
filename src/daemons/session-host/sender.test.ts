import { expect, test } from 'vitest';
import { readStreamFrame } from '#protocol/host/stream-frame.ts';
import { createSender } from './sender.ts';
import { openSpool } from './spool.ts';
import { makeFolder } from './testing/host.ts';
import { createSplitter } from './wire.ts';

function fakeSocket() {
	const frames: { streamId: number; offset: number; length: number }[] = [];
	const split = createSplitter((_, payload) => {
		const frame = readStreamFrame(payload);
		if (frame) frames.push({ ...frame, length: frame.payload.length });
	});
	const socket = {
		writableLength: 0,
		write: (bytes: Uint8Array) => split(Buffer.from(bytes))
	};
	return { socket, frames, sent: (id: number) => frames.filter((one) => one.streamId === id) };
}

function spoolOf(bytes: number) {
	const spool = openSpool({ dir: makeFolder(), kind: 1 });
	for (let at = 0; at < bytes; at += 65_536)
		spool.append(Buffer.alloc(Math.min(65_536, bytes - at)));
	return spool;
}

const total = (frames: { length: number }[]) => frames.reduce((sum, one) => sum + one.length, 0);

test('no more than a window is sent before it is acknowledged', () => {
	const { socket, frames } = fakeSocket();
	const sender = createSender(socket);
	sender.follow(1, 1, spoolOf(3_000_000), 0);
	expect(total(frames)).toBe(1_048_576);
	sender.ack(1, 1, 500_000);
	expect(total(frames)).toBe(1_548_576);
});

test('four floods fill the connection, and a small output still goes out at once', () => {
	const { socket, frames, sent } = fakeSocket();
	const sender = createSender(socket);
	for (let id = 1; id <= 6; id += 1) sender.follow(id, 1, spoolOf(3_000_000), 0);
	expect(total(frames)).toBeLessThanOrEqual(4 * 1_048_576);
	sender.follow(9, 1, spoolOf(100), 0);
	expect(sent(9)).toHaveLength(1);
});

test('streams that have much to send take turns', () => {
	const { socket, frames } = fakeSocket();
	const sender = createSender(socket);
	socket.writableLength = 1_000_000;
	sender.follow(1, 1, spoolOf(400_000), 0);
	sender.follow(2, 1, spoolOf(400_000), 0);
	expect(frames).toHaveLength(0);
	socket.writableLength = 0;
	sender.pump();
	expect(frames.slice(0, 6).map((one) => one.streamId)).toEqual([1, 2, 1, 2, 1, 2]);
});

test('a follow from another offset starts there with an empty window', () => {
	const { socket, sent } = fakeSocket();
	const sender = createSender(socket, { streamBytes: 1000, connectionBytes: 4000 });
	const spool = spoolOf(5000);
	sender.follow(1, 1, spool, 0);
	expect(total(sent(1))).toBe(1000);
	sender.unfollow();
	sender.follow(1, 1, spool, 200);
	expect(sent(1).at(-1)).toMatchObject({ offset: 200, length: 1000 });
});
