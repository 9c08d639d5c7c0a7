import { expect, onTestFinished, test, vi } from 'vitest';
import type { PersonRow } from '#domain/views.ts';
import { Presence, type Socket } from './presence.ts';

class FakeSocket implements Socket {
	readyState: Socket['readyState'] = 0;
	onopen: Socket['onopen'] = null;
	onmessage: Socket['onmessage'] = null;
	onclose: Socket['onclose'] = null;
	sent: unknown[] = [];
	send(data: unknown): void {
		this.sent.push(JSON.parse(String(data)));
	}
	/** Refuses what a browser refuses. */
	close(code?: number): void {
		if (code !== undefined && code !== 1000 && code < 3000)
			throw new DOMException(`close with ${code}`, 'InvalidAccessError');
		this.readyState = 3;
	}
	opened(): void {
		this.readyState = 1;
		this.onopen?.call(this as unknown as WebSocket, new Event('open'));
	}
	hears(message: unknown): void {
		const event = new MessageEvent('message', { data: JSON.stringify(message) });
		this.onmessage?.call(this as unknown as WebSocket, event);
	}
	closed(code: number): void {
		this.readyState = 3;
		const event = Object.assign(new Event('close'), { code }) as CloseEvent;
		this.onclose?.call(this as unknown as WebSocket, event);
	}
}

function open() {
	vi.useFakeTimers();
	const sockets: FakeSocket[] = [];
	const people: PersonRow[][] = [];
	const moves: unknown[] = [];
	const presence = new Presence({
		open: () => {
			const socket = new FakeSocket();
			sockets.push(socket);
			return socket;
		},
		retryDelayMs: () => 1_000,
		people: (list) => people.push(list),
		moved: (...move) => moves.push(move),
		emote: () => {}
	});
	onTestFinished(() => {
		presence.close();
		vi.useRealTimers();
	});
	return { presence, sockets, people, moves };
}

test('a hand that moves a hundred times a second says its last place ten times a second', () => {
	const { presence, sockets } = open();
	sockets[0]!.opened();
	for (let i = 0; i < 100; i++) {
		presence.me({ x: i, y: 0, hand: null });
		vi.advanceTimersByTime(10);
	}
	vi.advanceTimersByTime(200);
	expect(sockets[0]!.sent.length).toBeLessThanOrEqual(11);
	expect(sockets[0]!.sent.at(-1)).toEqual(['me', 99, 0, null, null]);
});

test('after a reconnect the door hears again where one is and what one watches', () => {
	const { presence, sockets } = open();
	sockets[0]!.opened();
	presence.me({ x: 3, y: 4, hand: null });
	presence.watch('s1');
	vi.advanceTimersByTime(500);
	sockets[0]!.closed(1006);
	vi.advanceTimersByTime(1_000);
	sockets[1]!.opened();
	vi.advanceTimersByTime(500);
	expect(sockets[1]!.sent).toEqual([
		['me', 3, 4, null, null],
		['watch', 's1']
	]);
});

test('somebody who is still says so, and whoever lost access does not come back', () => {
	const { sockets } = open();
	sockets[0]!.opened();
	vi.advanceTimersByTime(30_000);
	expect(sockets[0]!.sent).toEqual([['here'], ['here'], ['here']]);
	sockets[0]!.closed(4401);
	vi.advanceTimersByTime(60_000);
	expect(sockets).toHaveLength(1);
});

test('what the door says is understood, and what it says newer than this page is passed over', () => {
	const { sockets, people, moves } = open();
	sockets[0]!.opened();
	sockets[0]!.hears(['people', [['u1', 'Ada', 1, null, 's1', 0]]]);
	sockets[0]!.hears(['moved', [['u1', 2, 3, 4, 5]]]);
	sockets[0]!.hears(['dance', 1]);
	sockets[0]!.hears({ t: 'people' });
	expect(people[0]![0]).toMatchObject({ userId: 'u1', name: 'Ada', x: 1, y: null, watching: 's1' });
	expect(moves).toEqual([['u1', { x: 2, y: 3, hand: { x: 4, y: 5 } }]]);
});
