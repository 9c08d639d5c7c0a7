import { expect, test, vi } from 'vitest';
import type { FeedEvent, FeedFrame } from '#domain/views.ts';
import { Feed, type FeedHandlers } from './feed.svelte.ts';

const event = (id: number): FeedEvent => ({
	id,
	type: 'session.updated',
	stream: 's',
	seq: id,
	villageId: null,
	houseId: null,
	agentId: null,
	sessionId: null,
	actor: 'system',
	at: '2026-01-01T00:00:00.000Z',
	data: {}
});
const frame = (prevId: number, ...ids: number[]): FeedFrame => ({
	kind: 'events',
	prevId,
	id: ids.at(-1)!,
	events: ids.map(event)
});
const refusal = (appCode: string) => ({ message: appCode, data: { appCode } });

function follow(options: { reload?: () => Promise<number> } = {}) {
	const seen: number[] = [];
	const opened: { cursor: number; handlers: FeedHandlers; ended: boolean }[] = [];
	const feed = new Feed(10, {
		open: (cursor, handlers) => {
			const link = { cursor, handlers, ended: false };
			opened.push(link);
			return () => (link.ended = true);
		},
		reload: options.reload ?? (() => Promise.reject(new Error('not expected'))),
		event: (e) => seen.push(e.id),
		people: () => {},
		retryDelayMs: () => 0
	});
	feed.start();
	return { feed, seen, opened, link: () => opened.at(-1)! };
}

test('each event is folded once and in order, also when frames overlap', () => {
	const { feed, seen, link } = follow();
	link().handlers.frame(frame(10, 11, 14));
	link().handlers.frame(frame(10, 11, 14));
	link().handlers.frame(frame(11, 14, 15));
	expect(seen).toEqual([11, 14, 15]);
	expect(feed.cursor).toBe(15);
	expect(feed.state).toBe('live');
});

test('a missing frame makes the page take a fresh snapshot', async () => {
	const { feed, seen, opened, link } = follow({ reload: () => Promise.resolve(30) });
	link().handlers.frame(frame(20, 21));
	await vi.waitFor(() => expect(opened).toHaveLength(2));
	expect(seen).toEqual([]);
	expect(link().cursor).toBe(30);
	expect(opened[0]!.ended).toBe(true);
	expect(feed.cursor).toBe(30);
});

test('a page that was too slow resumes from the last event it saw', async () => {
	const { opened, link } = follow();
	link().handlers.frame(frame(10, 12));
	link().handlers.ended(refusal('CONSUMER_TOO_SLOW'));
	await vi.waitFor(() => expect(opened).toHaveLength(2));
	expect(link().cursor).toBe(12);
});

test.each(['CURSOR_EXPIRED', 'FUTURE_CURSOR'])('%s reloads the snapshot', async (code) => {
	let reloads = 0;
	const { opened, link } = follow({ reload: () => Promise.resolve(40 + ++reloads) });
	link().handlers.ended(refusal(code));
	await vi.waitFor(() => expect(opened).toHaveLength(2));
	expect(link().cursor).toBe(41);
	expect(reloads).toBe(1);
});

test('a lost connection is shown, and a lost snapshot is tried again', async () => {
	let reloads = 0;
	const { feed, opened, link } = follow({
		reload: () => (++reloads < 3 ? Promise.reject(new TypeError('fetch')) : Promise.resolve(50))
	});
	link().handlers.interrupted();
	expect(feed.state).toBe('lost');
	link().handlers.ended(refusal('CURSOR_EXPIRED'));
	await vi.waitFor(() => expect(opened).toHaveLength(2));
	expect(reloads).toBe(3);
});

test('an ended sign-in stops the feed for good', async () => {
	const { feed, opened, link } = follow();
	link().handlers.ended(refusal('UNAUTHENTICATED'));
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(feed.state).toBe('signed_out');
	expect(opened).toHaveLength(1);
});

test('what an old link still says is not heard', () => {
	const { feed, seen, opened } = follow();
	feed.start();
	opened[0]!.handlers.frame(frame(10, 11));
	expect(seen).toEqual([]);
	opened[1]!.handlers.frame(frame(10, 11));
	expect(seen).toEqual([11]);
	feed.stop();
	opened[1]!.handlers.frame(frame(11, 12));
	expect(seen).toEqual([11]);
});
