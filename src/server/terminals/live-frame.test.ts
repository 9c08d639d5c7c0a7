import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { expect, onTestFinished, test } from 'vitest';
import { decodeTerminalFrame } from '#protocol/terminal/binary.ts';
import { frameOf, withRoom } from './live-frame.ts';

test('a frame laid out by hand is one websocket message of any client, whatever its length', async () => {
	const http = createServer();
	const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
	http.listen(0, '127.0.0.1');
	await once(http, 'listening');
	const sizes = [1, 112, 113, 500, 65_522, 65_523, 65_536];
	http.on('upgrade', (request, socket, head) =>
		server.handleUpgrade(request, socket, head, (ws) => {
			for (const [i, size] of sizes.entries()) {
				socket.write(frameOf(withRoom(Buffer.alloc(size, i)), 7, 2 ** 40 + i).message);
				// Messages of the library keep their place between them.
				ws.send(`after ${i}`);
			}
		})
	);
	const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
	onTestFinished(() => {
		client.terminate();
		http.close();
	});
	const seen: unknown[] = [];
	await new Promise<void>((resolve) =>
		client.on('message', (data: Buffer, isBinary) => {
			if (isBinary) {
				const { kind, stream, offset, payload } = decodeTerminalFrame(data)!;
				seen.push([kind, stream, offset, payload.length, payload[0], payload.at(-1)]);
			} else seen.push(data.toString());
			if (seen.length === 2 * sizes.length) resolve();
		})
	);
	expect(seen).toEqual(sizes.flatMap((size, i) => [[1, 7, 2 ** 40 + i, size, i, i], `after ${i}`]));
});

test('a live frame is one piece of memory: header, header, payload', () => {
	const memory = withRoom(Buffer.from('hello'));
	const frame = frameOf(memory, 1, 0);
	expect(frame.length).toBe(5);
	expect(frame.message.buffer).toBe(memory.buffer);
	expect(frame.bytes.subarray(-5).toString()).toBe('hello');
	expect(frame.message.subarray(2).equals(frame.bytes)).toBe(true);
});
