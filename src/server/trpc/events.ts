// The one subscription of a page: everything that changes, from where its snapshot ended (control-plane.md 10).
import { tracked } from '@trpc/server';
import { z } from 'zod';
import type { FeedEvent, FeedFrame } from '#domain/views.ts';
import { dataWithoutDetails } from '#server/approvals/store.ts';
import { demand, may, missing, type Actor } from '#server/auth/actor.ts';
import { concerns } from '#server/auth/revocation.ts';
import { AppError } from '#server/errors.ts';
import type { FeedBatch } from '#server/events/feed.ts';
import { eventView } from '#server/events/view.ts';
import type { StoredEvent } from '#server/events/log.ts';
import type { App } from '#server/app.ts';
import { authedProcedure, MAX_SUBSCRIPTIONS, router, tooMuch, zId } from './trpc.ts';

const zTopic = z.strictObject({ kind: z.enum(['org', 'village', 'session', 'agent']), id: zId });
const zCursor = z.string().regex(/^\d{1,16}$/);
const zSubscribe = z.strictObject({
	topics: z.array(zTopic).min(1).max(20),
	presence: z.boolean().optional(),
	lastEventId: zCursor.nullish()
});
const HEARTBEAT_MS = 15_000;

export const eventsRouter = router({
	subscribe: authedProcedure.input(zSubscribe).subscription(async function* ({
		ctx,
		input,
		signal
	}) {
		const { app, actor, load } = ctx;
		if (load && load.subscriptions >= MAX_SUBSCRIPTIONS)
			throw tooMuch(`At most ${MAX_SUBSCRIPTIONS} subscriptions of one connection.`);
		if (load) load.subscriptions++;
		try {
			yield* follow(app, actor, input, signal);
		} finally {
			if (load) load.subscriptions--;
		}
	})
});

async function* follow(
	app: App,
	actor: Actor,
	input: z.infer<typeof zSubscribe>,
	signal: AbortSignal | undefined
) {
	const { orgId, matches, key, villageId } = await resolveTopics(app, actor, input.topics);
	const full = may(actor, orgId, 'approval.details');
	const ended = new AbortController();
	const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
	let revoked = false;
	const unsubscribe = app.auth.revocations.subscribe((revocation) => {
		if (!concerns(revocation, actor)) return;
		revoked = true;
		ended.abort();
	});
	const after = input.lastEventId ? Number(input.lastEventId) : null;
	const frameOf = frames({ matches, key, full });
	try {
		let cursor = after ?? (await app.events.head(orgId));
		const sources = merge<FeedBatch | FeedFrame>(
			[
				app.feed.follow({ orgId, after: cursor, signal: stop }),
				heartbeats(app, orgId, stop),
				...(input.presence && villageId ? [people(app, villageId, stop)] : [])
			],
			stop
		);
		for await (const value of sources) {
			const frame = 'kind' in value ? value : frameOf(value);
			if (frame.kind === 'events') cursor = frame.id;
			yield tracked(String(cursor), frame);
		}
		if (revoked) throw new AppError('FORBIDDEN', 'Your access to this village ended.');
	} finally {
		unsubscribe();
		ended.abort();
	}
}

/** All topics of a subscription belong to one org, because order is guaranteed per org. */
async function resolveTopics(app: App, actor: Actor, topics: z.infer<typeof zTopic>[]) {
	const orgs = new Set<string>();
	let villageId: string | null = null;
	const wanted = new Set<string>();
	for (const { kind, id } of topics) {
		let orgId: string | null = null;
		if (kind === 'org') orgId = id;
		else if (kind === 'village') orgId = await app.villages.orgOf(id);
		else if (kind === 'session') orgId = (await app.sessions.demandSession(actor, id)).orgId;
		else orgId = await app.villages.orgOfAgent(id);
		const notFound =
			kind === 'org' ? 'ORG_NOT_FOUND' : kind === 'agent' ? 'AGENT_NOT_FOUND' : 'VILLAGE_NOT_FOUND';
		if (!orgId) throw missing(notFound);
		demand(actor, orgId, 'village.read', notFound);
		orgs.add(orgId);
		wanted.add(`${kind}:${id}`);
		if (kind === 'village') villageId = id;
	}
	if (orgs.size > 1)
		throw new AppError(
			'VALIDATION_ERROR',
			'All topics of one subscription belong to one organization.'
		);
	const [orgId] = orgs;
	const key = [...wanted].sort().join(' ');
	const matches = (event: StoredEvent) =>
		wanted.has(`org:${event.orgId}`) ||
		wanted.has(`village:${event.villageId}`) ||
		wanted.has(`session:${event.sessionId}`) ||
		wanted.has(`agent:${event.agentId}`);
	return { orgId: orgId!, villageId, matches, key };
}

/** Frames made of a batch, by who may see what: fifty pages that show the same get the same frame. */
const made = new WeakMap<FeedBatch, Map<string, FeedFrame>>();

function frames(view: { matches: (event: StoredEvent) => boolean; key: string; full: boolean }) {
	const key = `${view.full} ${view.key}`;
	return (batch: FeedBatch): FeedFrame => {
		let known = made.get(batch);
		if (!known) made.set(batch, (known = new Map()));
		let frame = known.get(key);
		if (!frame) {
			const events = batch.events
				.filter(view.matches)
				.map((event) => (view.full ? eventView(event) : redacted(eventView(event))));
			frame = { kind: 'events', prevId: batch.prevId, id: batch.id, events };
			known.set(key, frame);
		}
		return frame;
	};
}

async function* heartbeats(
	app: App,
	orgId: string,
	signal: AbortSignal
): AsyncGenerator<FeedFrame> {
	while (!signal.aborted) {
		await new Promise<void>((resolve) => {
			const done = () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', done);
				resolve();
			};
			const timer = setTimeout(done, HEARTBEAT_MS);
			signal.addEventListener('abort', done, { once: true });
		});
		if (signal.aborted) return;
		yield {
			kind: 'heartbeat',
			serverTime: app.clock.now().toISOString(),
			headId: await app.events.head(orgId)
		};
	}
}

async function* people(
	app: App,
	villageId: string,
	signal: AbortSignal
): AsyncGenerator<FeedFrame> {
	for await (const list of app.presence.follow(villageId, signal))
		yield { kind: 'people', people: list };
}

/** What a viewer is sent: that something waits, not its command, diff or details. */
function redacted(event: FeedEvent): FeedEvent {
	return { ...event, data: dataWithoutDetails(event.data) };
}

/** Several sources as one, in the order they speak; ends when any fails or all are done. */
async function* merge<T>(sources: AsyncGenerator<T>[], signal: AbortSignal): AsyncGenerator<T> {
	const ready: { source: AsyncGenerator<T>; result: IteratorResult<T> }[] = [];
	let failed: { error: unknown } | null = null;
	let wake: (() => void) | null = null;
	let open = sources.length;
	// One step ahead of each source. Not a race between them: the slow ones would collect a reaction per frame of the fast.
	const ask = (source: AsyncGenerator<T>) => {
		source.next().then(
			(result) => {
				ready.push({ source, result });
				wake?.();
			},
			(error: unknown) => {
				failed ??= { error };
				wake?.();
			}
		);
	};
	const onAbort = () => wake?.();
	signal.addEventListener('abort', onAbort);
	try {
		for (const source of sources) ask(source);
		while (open > 0 && !signal.aborted) {
			if (failed) throw (failed as { error: unknown }).error;
			const next = ready.shift();
			if (!next) {
				await new Promise<void>((resolve) => (wake = resolve));
				continue;
			}
			if (next.result.done) {
				open--;
				continue;
			}
			ask(next.source);
			yield next.result.value;
		}
	} finally {
		signal.removeEventListener('abort', onAbort);
		for (const source of sources) source.return(undefined).catch(() => {});
	}
}
