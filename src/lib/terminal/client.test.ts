import { expect, test } from 'vitest';
import {
	decodeTerminalFrame,
	encodeTerminalFrame,
	TERMINAL_KIND
} from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import type { TerminalUp } from '#protocol/terminal/up.ts';
import { createTerminalClient, type Connection, type SocketLike } from './client.ts';

class FakeSocket implements SocketLike {
	binaryType = '';
	readyState = 1;
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: unknown }) => void) | null = null;
	onclose: ((event: { code: number }) => void) | null = null;
	onerror: (() => void) | null = null;
	sent: TerminalUp[] = [];
	frames: { kind: number; stream: number; offset: number }[] = [];
	closed = false;
	send(data: string | Uint8Array): void {
		if (typeof data === 'string') this.sent.push(JSON.parse(data) as TerminalUp);
		else this.frames.push(decodeTerminalFrame(data)!);
	}
	close(): void {
		this.closed = true;
		this.readyState = 3;
	}
	say(message: TerminalDown): void {
		this.onmessage?.({ data: JSON.stringify(message) });
	}
	hello(): void {
		this.say({
			t: 'hello',
			protocol: 1,
			connectionId: 'c1',
			window: 1,
			maxMessage: 1,
			maxAttachments: 100
		});
	}
	attached(ref: number, stream: number): void {
		this.say({
			t: 'attached',
			ref,
			stream,
			sessionId: 's',
			viewerId: 'v',
			firstOffset: 0,
			headOffset: 0,
			resume: 'bytes',
			cols: 80,
			rows: 24,
			canWrite: true,
			phase: 'live',
			keyboard: { holder: null, requests: [] }
		});
	}
	break(code = 1006): void {
		this.readyState = 3;
		this.onclose?.({ code });
	}
}

function setup() {
	const sockets: FakeSocket[] = [];
	const timers: { work: () => void; ms: number; off: boolean }[] = [];
	const client = createTerminalClient({
		open: () => {
			sockets.push(new FakeSocket());
			return sockets.at(-1)!;
		},
		later(work, ms) {
			const timer = { work, ms, off: false };
			timers.push(timer);
			return () => (timer.off = true);
		},
		random: () => 0.5
	});
	const look = (sessionId: string) => {
		const seen = {
			offset: -1,
			text: '',
			states: [] as Connection['state'][],
			messages: [] as string[],
			taken: 0
		};
		const link = client.attach(sessionId, {
			received: () => seen.offset,
			viewport: () => ({ cols: 100, rows: 30, visible: true }),
			connection: ({ state }) => void seen.states.push(state),
			attached: () => {},
			bytes(offset, data) {
				seen.offset = offset + data.length;
				seen.text += new TextDecoder().decode(data);
			},
			snapshot(offset) {
				seen.offset = offset;
			},
			inputTaken: (counter) => void (seen.taken = counter),
			message: (message) => void seen.messages.push(message.t)
		});
		return { seen, link };
	};
	const runTimers = () => {
		for (const timer of timers.splice(0)) if (!timer.off) timer.work();
	};
	return { client, sockets, timers, look, runTimers };
}

const output = (stream: number, offset: number, text: string) =>
	encodeTerminalFrame(TERMINAL_KIND.output, stream, offset, new TextEncoder().encode(text)).buffer;

test('all terminals of a page share one socket, and each gets its own bytes', () => {
	const { sockets, look } = setup();
	const a = look('a');
	const b = look('b');
	expect(sockets).toHaveLength(1);
	const [socket] = sockets;
	socket!.hello();
	expect(socket!.sent).toMatchObject([
		{ t: 'attach', ref: 1, sessionId: 'a', cols: 100, rows: 30, visible: true },
		{ t: 'attach', ref: 2, sessionId: 'b' }
	]);
	socket!.attached(1, 11);
	socket!.attached(2, 12);
	socket!.onmessage!({ data: output(12, 0, 'for b') });
	socket!.onmessage!({ data: output(11, 0, 'for a') });
	socket!.onmessage!({ data: output(99, 0, 'for nobody') });
	expect([a.seen.text, b.seen.text]).toEqual(['for a', 'for b']);
	expect(a.seen.states).toEqual(['connecting', 'open']);
});

test('after a break it comes back by itself and goes on where it was', () => {
	const { sockets, look, runTimers } = setup();
	const { seen } = look('a');
	sockets[0]!.hello();
	sockets[0]!.attached(1, 11);
	sockets[0]!.onmessage!({ data: output(11, 0, 'hello') });
	sockets[0]!.break();
	expect(seen.states.at(-1)).toBe('lost');
	runTimers();
	expect(sockets).toHaveLength(2);
	sockets[1]!.hello();
	expect(sockets[1]!.sent).toMatchObject([{ t: 'attach', sessionId: 'a', from: 5 }]);
	sockets[1]!.attached(2, 70);
	sockets[1]!.onmessage!({ data: output(70, 5, ' again') });
	expect(seen.text).toBe('hello again');
	expect(seen.states.at(-1)).toBe('open');
});

test('it waits longer after every failure, and not at all when the network comes back', () => {
	const { client, sockets, timers, look, runTimers } = setup();
	look('a');
	const waits: number[] = [];
	for (let i = 0; i < 8; i++) {
		sockets.at(-1)!.break();
		waits.push(timers.at(-1)!.ms);
		runTimers();
	}
	expect(waits[0]).toBeLessThan(waits[3]!);
	expect(Math.max(...waits)).toBeLessThanOrEqual(15_000);
	sockets.at(-1)!.break();
	const before = sockets.length;
	client.wake();
	expect(sockets).toHaveLength(before + 1);
	runTimers();
	expect(sockets).toHaveLength(before + 1);
});

test('a login that ended is not tried again, and the person is told', () => {
	const { sockets, look, runTimers } = setup();
	const { seen } = look('a');
	sockets[0]!.hello();
	sockets[0]!.break(4401);
	runTimers();
	expect(sockets).toHaveLength(1);
	expect(seen.states.at(-1)).toBe('refused');
});

test('a session that does not exist is refused for good, and others go on', () => {
	const { sockets, look, runTimers } = setup();
	const gone = look('gone');
	const other = look('other');
	sockets[0]!.hello();
	sockets[0]!.say({ t: 'error', code: 'SESSION_NOT_FOUND', message: 'No such session.', ref: 1 });
	sockets[0]!.attached(2, 5);
	runTimers();
	expect(gone.seen.states.at(-1)).toBe('refused');
	expect(other.seen.states.at(-1)).toBe('open');
	expect(sockets[0]!.sent.filter((message) => message.t === 'attach')).toHaveLength(2);
});

test('keys without a connection reach nobody, and it says so', () => {
	const { sockets, look } = setup();
	const { link, seen } = look('a');
	const key = new Uint8Array([120]);
	expect(link.input(1, key)).toBe(false);
	sockets[0]!.hello();
	sockets[0]!.attached(1, 11);
	expect(link.input(1, key)).toBe(true);
	sockets[0]!.onmessage!({
		data: encodeTerminalFrame(TERMINAL_KIND.inputAck, 11, 1).buffer
	});
	expect(seen.taken).toBe(1);
	sockets[0]!.break();
	expect(link.input(2, key)).toBe(false);
});

test('the socket closes a while after the last terminal', () => {
	const { sockets, look, runTimers } = setup();
	const { link } = look('a');
	sockets[0]!.hello();
	sockets[0]!.attached(1, 11);
	link.close();
	expect(sockets[0]!.sent.at(-1)).toEqual({ t: 'detach', stream: 11 });
	expect(sockets[0]!.closed).toBe(false);
	runTimers();
	expect(sockets[0]!.closed).toBe(true);
});

test('what cannot be read is dropped without harm', () => {
	const { sockets, look } = setup();
	const { seen } = look('a');
	sockets[0]!.hello();
	sockets[0]!.attached(1, 11);
	for (const data of ['nonsense', '{"t":"future"}', new ArrayBuffer(3)])
		sockets[0]!.onmessage!({ data });
	sockets[0]!.onmessage!({ data: output(11, 0, 'ok') });
	expect(seen.text).toBe('ok');
});
