// The event log: appended in the transaction of the change it tells of, read in order by whoever follows (control-plane.md 16).
import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Bus } from '#server/bus/memory.ts';
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

/** Multi-row inserts above this many rows are split; larger ones block the embedded database for too long. */
const ROWS_PER_INSERT = 200;

export function createEventLog(deps: { database: Database; bus: Bus; clock: Clock }): EventLog {
	const { db } = deps.database;

	async function append(tx: Tx, byOrg: Map<string, NewEvent[]>): Promise<Map<string, number>> {
		const last = new Map<string, number>();
		for (const orgId of [...byOrg.keys()].sort()) {
			const batch = byOrg.get(orgId)!;
			// Several connections may commit out of order; the lock makes ids visible in increasing order per org.
			await tx.execute(
				sql`select pg_advisory_xact_lock(hashtextextended(${`events:${orgId}`}, 0))`
			);
			const next = await takeNumbers(tx, orgId, batch);
			const at = deps.clock.now().toISOString();
			const requestId = currentRequestId() ?? null;
			const rows = batch.map((event, n) => ({
				n,
				village_id: event.villageId ?? null,
				house_id: event.houseId ?? null,
				agent_id: event.agentId ?? null,
				session_id: event.sessionId ?? null,
				stream: event.stream,
				seq: next.get(event.stream)!.value++,
				type: event.type,
				data: event.data,
				actor: event.actor
			}));
			for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) {
				// The batch is one parameter of one statement text: a dozen parameters per row cost four times as much.
				const page = JSON.stringify(rows.slice(i, i + ROWS_PER_INSERT));
				const [inserted] = await tx.execute<{ id: string }>(sql`
					with inserted as (
						insert into events (org_id, village_id, house_id, agent_id, session_id, stream, seq, type,
							data, actor, request_id, at)
						select ${orgId}, r.village_id, r.house_id, r.agent_id, r.session_id, r.stream, r.seq, r.type,
							r.data, r.actor, ${requestId}, ${at}::timestamptz
						from jsonb_to_recordset(${page}::jsonb) as r(n int, village_id text, house_id text,
							agent_id text, session_id text, stream text, seq bigint, type text, data jsonb, actor text)
						order by r.n
						returning id
					) select max(id) as id from inserted`);
				last.set(orgId, Number(inserted!.id));
			}
		}
		return last;
	}

	return {
		async transact(work) {
			const byOrg = new Map<string, NewEvent[]>();
			let last = new Map<string, number>();
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
				last = await append(tx, byOrg);
				return value;
			});
			for (const effect of effects) effect();
			for (const [orgId, lastId] of last) deps.bus.publish({ kind: 'events', orgId, lastId });
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

/** Takes a contiguous run of numbers on each stream; the rows are touched nowhere else, so this cannot deadlock. */
async function takeNumbers(
	tx: Tx,
	orgId: string,
	batch: NewEvent[]
): Promise<Map<string, { value: number }>> {
	const counts = new Map<string, number>();
	for (const event of batch) counts.set(event.stream, (counts.get(event.stream) ?? 0) + 1);
	const next = new Map<string, { value: number }>();
	// One statement whatever the number of streams: a batch of a hundred sessions is not a hundred round trips.
	const values = [...counts].map(([stream, count]) => sql`(${stream}, ${orgId}, ${count}::bigint)`);
	const rows = await tx.execute<{ stream: string; seq: string }>(sql`
		insert into streams (stream, org_id, seq) values ${sql.join(values, sql`, `)}
		on conflict (stream) do update set seq = streams.seq + excluded.seq
		returning stream, seq`);
	for (const { stream, seq } of rows)
		next.set(stream, { value: Number(seq) - counts.get(stream)! + 1 });
	return next;
}
