import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { writeStreamHeader } from '#protocol/host/stream-frame.ts';
import { connectRunner, openTestHost, startOf } from './testing/host.ts';
import { binaryHeader, createSplitter, jsonFrame } from './wire.ts';

const HELLO = jsonFrame({ t: 'hello', protocol: 1, minProtocol: 1 });

function raw(socketPath: string) {
	const told: { t: string; code?: string }[] = [];
	const split = createSplitter((type, payload) => {
		if (type === 0) told.push(JSON.parse(payload.toString()));
	});
	const socket: Socket = connect(socketPath);
	socket.on('data', split);
	socket.on('error', () => undefined);
	const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
	return { socket, told, closed };
}

test('a ping is answered before any hello and leaves the runner its place', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	let lost = false;
	void runner.closed.then(() => (lost = true));
	const peer = raw(socketPath);
	peer.socket.write(Buffer.concat([jsonFrame({ t: 'ping' }), jsonFrame({ t: 'ping' })]));
	await expect.poll(() => peer.told).toEqual([{ t: 'pong' }, { t: 'pong' }]);
	peer.socket.destroy();
	await peer.closed;
	expect(lost).toBe(false);
});

test('malformed and oversize frames end the connection with a typed error, and no session', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('echo up; read x; echo "still $x"; read y');
	runner.client.send(start);
	await runner.see(start.streamId, 'up');
	const oversize = binaryHeader(2_000_000);
	const text = (value: string) => Buffer.concat([binaryHeader(value.length), Buffer.from(value)]);
	const badJson = text('nope');
	badJson[4] = 0;
	for (const [bytes, code] of [
		[Buffer.concat([HELLO, oversize]), 'FRAME_TOO_BIG'],
		[Buffer.concat([HELLO, badJson]), 'BAD_FRAME'],
		[Buffer.concat([HELLO, jsonFrame({ t: 'bogus' })]), 'BAD_FRAME'],
		[Buffer.concat([HELLO, jsonFrame(null)]), 'BAD_FRAME'],
		[Buffer.concat([HELLO, jsonFrame({ t: 'start', sessionId: '../x' })]), 'BAD_FRAME'],
		[Buffer.concat([HELLO, text('short')]), 'BAD_FRAME'],
		[Buffer.concat([HELLO, HELLO]), 'BAD_FRAME'],
		[Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'FRAME_TOO_BIG'],
		[jsonFrame({ t: 'drain' }), 'NO_HELLO'],
		[text('x'.repeat(20)), 'NO_HELLO'],
		[jsonFrame({ t: 'hello', protocol: 9, minProtocol: 2 }), 'PROTOCOL_VERSION']
	] as const) {
		const peer = raw(socketPath);
		peer.socket.write(bytes);
		await peer.closed;
		expect(peer.told.at(-1)).toMatchObject({ t: 'error', code });
	}
	const noise = raw(socketPath);
	noise.socket.write(randomBytes(100_000));
	await noise.closed;
	const again = await connectRunner(socketPath);
	expect(again.client.welcome.sessions).toMatchObject([{ phase: 'live', inOffset: 0 }]);
	again.client.send({ t: 'follow', streams: [{ streamId: start.streamId, kind: 1, offset: 0 }] });
	again.client.input(start.streamId, 0, Buffer.from('here\n'));
	await again.see(start.streamId, 'still here');
});

test('unknown keys are ignored, unknown sessions and streams are answered', async () => {
	const { socketPath } = await openTestHost();
	const peer = raw(socketPath);
	peer.socket.write(jsonFrame({ t: 'hello', protocol: 1, minProtocol: 1, mood: 'good' }));
	const ref = { sessionId: 'nobody', attempt: 1 };
	peer.socket.write(jsonFrame({ t: 'stop', ...ref, cause: 'user', force: true }));
	const frame = Buffer.alloc(20);
	writeStreamHeader(frame, 0x10, 4711, 0);
	peer.socket.write(Buffer.concat([binaryHeader(20), frame]));
	peer.socket.write(jsonFrame({ t: 'discard', ...ref }));
	await expect
		.poll(() => peer.told.map((one) => one.code ?? one.t))
		.toEqual(['welcome', 'UNKNOWN_SESSION', 'UNKNOWN_STREAM', 'discarded']);
	peer.socket.destroy();
});

test('input after a hole is asked for again and not written', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('stty -echo; echo up; read x; echo "got $x"; read y');
	runner.client.send(start);
	await runner.see(start.streamId, 'up');
	runner.client.input(start.streamId, 5, Buffer.from('late\n'));
	expect(await runner.next('nack')).toMatchObject({ kind: 0x10, offset: 0, reason: 'gap' });
	runner.client.input(start.streamId, 0, Buffer.from('first\n'));
	expect(await runner.next('input_ack')).toMatchObject({ offset: 6 });
	expect(await runner.see(start.streamId, 'got')).toContain('got first');
});

test('its folder and its sockets belong to its user alone', async () => {
	const { dir, socketPath } = await openTestHost();
	const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
	expect([mode(dir), mode(socketPath), mode(`${socketPath}.ask`)]).toEqual(['700', '600', '600']);
});
