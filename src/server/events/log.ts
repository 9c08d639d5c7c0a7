// The event log: appended in the transaction of the change it tells of, secrets masked, read in order by whoever follows
// (control-plane.md 16).
import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { redactText } from '#domain/redact.ts';
import type { Bus, WakeUp } from '#server/bus/memory.ts';
import type { Clock } from '#server/clock.ts';
import { events } from '#server/db/schema/events.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { currentRequestId } from '#server/log.ts';

/** One thing that happened, before it has a number. `type` is past tense: `session.started`. */
export interface NewEvent {
	stream: `session:${string}` | `village:${string}` | `org:${string}`;
	type: string;
	data: Record<string, unknown>;
	actor: string;
	villageId?: string | null;
	houseId?: string | null;
	agentId?: string | null;
	sessionId?: string | null;
}

export interface StoredEvent {
	id: number;
	orgId: string;
	villageId: string | null;
	houseId: string | null;
	agentId: string | null;
	sessionId: string | null;
	stream: string;
	seq: number;
	type: string;
	data: Record<string, unknown>;
	actor: string;
	at: Date;
}

/** What a transaction collects; written as its last step, so that the org's lock is held as short as can be. */
export interface Collector {
	add(orgId: string, ...events: NewEvent[]): void;
	/** Runs after the commit, in order; for wake-ups and frames, never for truth. */
	after(effect: () => void): void;
}

export interface EventLog {
	/**
	 * Runs a transaction and appends what it collected before the commit; wakes followers after it.
	 * Throws whatever `work` throws, and then nothing is written.
	 */
	transact<T>(work: (tx: Tx, collect: Collector) => Promise<T>): Promise<T>;
	/** Events of an org after `afterId`, oldest first, at most `limit`. */
	read(orgId: string, afterId: number, limit: number): Promise<StoredEvent[]>;
	/** Newest events first, for histories; `before` is exclusive. */
	history(
		filter: { orgId: string; sessionId?: string; villageId?: string; before?: number },
		limit: number
	): Promise<StoredEvent[]>;
	/** The id of the newest event of an org (0 when there is none), on a connection or inside a transaction. */
	head(orgId: string, db?: Db | Tx): Promise<number>;
	/** The oldest id still kept for an org (0 when there is none). */
	first(orgId: string): Promise<number>;
}

/** What was written for one org, in the order of its ids. */
type Appended = Omit<Extract<WakeUp, { kind: 'events' }>, 'kind'>;

/** Multi-row inserts above this many rows are split; larger ones block the embedded database for too long. */
const ROWS_PER_INSERT = 200;

/** Questions are masked where they are kept, so that nothing of what somebody says yes to can hide behind a mask. */
const OWN_RULES = /^approval\./;

export function createEventLog(deps: { database: Database; bus: Bus; clock: Clock }): EventLog {
	const { db } = deps.database;

	/** Several connections may commit out of order; the lock makes ids visible in increasing order per org. */
	const inOrder = (tx: Tx, orgId: string) =>
		tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`events:${orgId}`}, 0))`);

	async function append(tx: Tx, byOrg: Map<string, NewEvent[]>): Promise<Appended[]> {
		const appended: Appended[] = [];
		for (const orgId of [...byOrg.keys()].sort()) {
			// A statement of its own, so that the next one sees what was committed while this one waited.
			if (deps.database.engine === 'postgres') await inOrder(tx, orgId);
			const batch = byOrg.get(orgId)!;
			for (let i = 0; i < batch.length; i += ROWS_PER_INSERT)
				appended.push(await write(tx, orgId, batch.slice(i, i + ROWS_PER_INSERT)));
		}
		return appended;
	}

	/** Numbers and rows in one statement: each trip to the embedded database costs as much as several rows. */
	async function write(tx: Tx, orgId: string, batch: NewEvent[]): Promise<Appended> {
		const at = deps.clock.now();
		const counts = new Map<string, number>();
		for (const { stream } of batch) counts.set(stream, (counts.get(stream) ?? 0) + 1);
		const left = new Map(counts);
		const rows = `[${batch
			.map((event, n) => {
				const after = left.get(event.stream)! - 1;
				left.set(event.stream, after);
				const row = JSON.stringify({
					n,
					after,
					village_id: event.villageId ?? null,
					house_id: event.houseId ?? null,
					agent_id: event.agentId ?? null,
					session_id: event.sessionId ?? null,
					stream: event.stream,
					type: event.type,
					data: event.data,
					actor: event.actor
				});
				return OWN_RULES.test(event.type) ? row : redactText(row);
			})
			.join(',')}]`;
		// The rows are one parameter of one statement text: a dozen parameters per row cost four times as much. Numbers of a
		// stream are taken as one run; its row is touched nowhere else, so this cannot deadlock.
		const [result] = await tx.execute<{ prev: string | null; ids: number[]; seqs: number[] }>(sql`
			with r as materialized (
				select * from json_to_recordset(${rows}::json) as r(n int, after bigint, village_id text,
					house_id text, agent_id text, session_id text, stream text, type text, data jsonb, actor text)
			), numbered as (
				insert into streams (stream, org_id, seq)
				select stream, ${orgId}, count(*) from r group by stream
				on conflict (stream) do update set seq = streams.seq + excluded.seq
				returning stream, seq
			), inserted as (
				insert into events (org_id, village_id, house_id, agent_id, session_id, stream, seq, type,
					data, actor, request_id, at)
				select ${orgId}, r.village_id, r.house_id, r.agent_id, r.session_id, r.stream,
					numbered.seq - r.after, r.type, r.data, r.actor, ${currentRequestId() ?? null}, ${at.toISOString()}::timestamptz
				from r join numbered on numbered.stream = r.stream
				order by r.n
				returning id, seq
			)
			select (select max(id) from events where org_id = ${orgId}) as prev,
				json_agg(id order by id) as ids, json_agg(seq order by id) as seqs
			from inserted`);
		const { prev, ids, seqs } = result!;
		return {
			orgId,
			prevId: Number(prev ?? 0),
			lastId: ids.at(-1)!,
			events: once(() =>
				// As the table has them: what is no JSON in the data has become JSON, or is gone.
				(JSON.parse(rows) as { data: Record<string, unknown> }[]).map(({ data }, n) => {
					const event = batch[n]!;
					return {
						id: ids[n]!,
						orgId,
						villageId: event.villageId ?? null,
						houseId: event.houseId ?? null,
						agentId: event.agentId ?? null,
						sessionId: event.sessionId ?? null,
						stream: event.stream,
						seq: seqs[n]!,
						type: event.type,
						data,
						actor: event.actor,
						at
					};
				})
			)
		};
	}

	return {
		async transact(work) {
			const byOrg = new Map<string, NewEvent[]>();
			let appended: Appended[] = [];
			let effects: (() => void)[] = [];
			const result = await db.transaction(async (tx) => {
				byOrg.clear();
				effects = [];
				const value = await work(tx, {
					add(orgId, ...added) {
						if (added.length === 0) return;
						const list = byOrg.get(orgId);
						if (list) list.push(...added);
						else byOrg.set(orgId, [...added]);
					},
					after: (effect) => effects.push(effect)
				});
				appended = await append(tx, byOrg);
				return value;
			});
			for (const effect of effects) effect();
			for (const one of appended) deps.bus.publish({ kind: 'events', ...one });
			return result;
		},
		read: (orgId, afterId, limit) =>
			db
				.select()
				.from(events)
				.where(and(eq(events.orgId, orgId), gt(events.id, afterId)))
				.orderBy(asc(events.id))
				.limit(limit),
		history: (filter, limit) =>
			db
				.select()
				.from(events)
				.where(
					and(
						eq(events.orgId, filter.orgId),
						filter.sessionId ? eq(events.sessionId, filter.sessionId) : undefined,
						filter.villageId ? eq(events.villageId, filter.villageId) : undefined,
						filter.before ? lt(events.id, filter.before) : undefined
					)
				)
				.orderBy(desc(events.id))
				.limit(limit),
		async head(orgId, on = db) {
			const [row] = await on
				.select({ id: events.id })
				.from(events)
				.where(eq(events.orgId, orgId))
				.orderBy(desc(events.id))
				.limit(1);
			return row?.id ?? 0;
		},
		async first(orgId) {
			const [row] = await db
				.select({ id: events.id })
				.from(events)
				.where(eq(events.orgId, orgId))
				.orderBy(asc(events.id))
				.limit(1);
			return row?.id ?? 0;
		}
	};
}

/** A value that is made when it is first asked for. */
function once<T>(make: () => T): () => T {
	let made: { value: T } | null = null;
	return () => (made ??= { value: make() }).value;
}
