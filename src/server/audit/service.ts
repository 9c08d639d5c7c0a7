// Who did what, kept so that changing it later shows: per org a chain of hashes over canonical JSON.
import { createHash } from 'node:crypto';
import { and, asc, count, desc, eq, gt, gte, isNull, lt, lte, max, sql } from 'drizzle-orm';
import type { Actor } from '#server/auth/actor.ts';
import { auditLog, settings } from '#server/db/schema/accounts.ts';
import type { Db, Tx } from '#server/db/open.ts';
import { currentRequestId } from '#server/log.ts';
import { newId } from '#server/new-id.ts';

export interface AuditEntry {
	/** Null: concerns the whole deployment. */
	orgId: string | null;
	actor: Pick<Actor, 'kind' | 'id' | 'transport' | 'ip'>;
	/** What was done, as `subject.verb`: `member.remove`. */
	action: string;
	target: { kind: string; id: string };
	/** Facts worth keeping; never a secret. */
	detail?: Record<string, unknown>;
	at: Date;
}

/** The newest row of a chain (`head`) and the last one deleted by retention (`base`), from which `verify` begins. */
interface ChainEnds {
	head: { seq: number; hash: string };
	base: { seq: number; hash: string };
}

const START = { seq: 0, hash: '' };
const chainKey = (orgId: string | null) => `audit:${orgId ?? 'deployment'}`;
const inChain = (orgId: string | null) =>
	orgId === null ? isNull(auditLog.orgId) : eq(auditLog.orgId, orgId);

/** Appends a row inside the transaction of the deed. The chain's own row is locked until the commit. */
export async function audit(tx: Tx, entry: AuditEntry): Promise<void> {
	const ends = await lockChain(tx, entry.orgId);
	const facts = {
		orgId: entry.orgId,
		seq: ends.head.seq + 1,
		actorKind: entry.actor.kind,
		actorId: entry.actor.id,
		action: entry.action,
		targetKind: entry.target.kind,
		targetId: entry.target.id,
		// As the database gives it back, so that the hash can be made again from the row.
		detail: JSON.parse(JSON.stringify(entry.detail ?? {})) as Record<string, unknown>,
		transport: entry.actor.transport,
		ip: entry.actor.ip,
		requestId: currentRequestId() ?? null,
		at: entry.at,
		prevHash: ends.head.hash
	};
	const hash = hashOf(facts);
	await tx.insert(auditLog).values({ ...facts, id: newId(entry.at), hash });
	await writeEnds(tx, entry.orgId, { ...ends, head: { seq: facts.seq, hash } });
}

export type Verdict =
	| { ok: true; rows: number }
	/** `seq` is the first number at which the chain does not hold. */
	| { ok: false; seq: number; reason: 'changed' | 'missing' | 'shortened' };

/** Walks a chain from its checkpoint to its head. */
export async function verifyAudit(db: Db, orgId: string | null): Promise<Verdict> {
	const PAGE = 500;
	const { base, head } = await readEnds(db, orgId);
	let last = base;
	let rows = 0;
	for (;;) {
		const page = await db
			.select()
			.from(auditLog)
			.where(and(inChain(orgId), gt(auditLog.seq, last.seq)))
			.orderBy(asc(auditLog.seq))
			.limit(PAGE);
		for (const row of page) {
			if (row.seq !== last.seq + 1) return { ok: false, seq: last.seq + 1, reason: 'missing' };
			if (row.prevHash !== last.hash || row.hash !== hashOf(row))
				return { ok: false, seq: row.seq, reason: 'changed' };
			last = { seq: row.seq, hash: row.hash };
			rows++;
		}
		if (page.length < PAGE) break;
	}
	if (last.seq < head.seq) return { ok: false, seq: last.seq + 1, reason: 'shortened' };
	return { ok: true, rows };
}

/** Deletes rows from before a time and moves the checkpoint, so that what is left still verifies. */
export async function pruneAudit(db: Db, orgId: string | null, before: Date): Promise<number> {
	return db.transaction(async (tx) => {
		const ends = await lockChain(tx, orgId);
		const [row] = await tx
			.select({ seq: max(auditLog.seq) })
			.from(auditLog)
			.where(and(inChain(orgId), lt(auditLog.at, before)));
		if (!row?.seq) return 0;
		const deleted = await tx
			.delete(auditLog)
			.where(and(inChain(orgId), lte(auditLog.seq, row.seq)))
			.returning({ seq: auditLog.seq, hash: auditLog.hash });
		const base = deleted.find((gone) => gone.seq === row.seq)!;
		await writeEnds(tx, orgId, { ...ends, base });
		return deleted.length;
	});
}

export type AuditRow = Omit<typeof auditLog.$inferSelect, 'prevHash' | 'hash'>;

export interface AuditFilter {
	orgId: string;
	actor?: string;
	action?: string;
	targetId?: string;
	from?: Date;
	to?: Date;
}

/** One page of an org's audit, newest first; pages count from 1. */
export async function listAudit(
	db: Db,
	filter: AuditFilter,
	page: number,
	pageSize: number
): Promise<{ items: AuditRow[]; total: number }> {
	const where = and(
		eq(auditLog.orgId, filter.orgId),
		filter.actor ? eq(auditLog.actorId, filter.actor) : undefined,
		filter.action ? eq(auditLog.action, filter.action) : undefined,
		filter.targetId ? eq(auditLog.targetId, filter.targetId) : undefined,
		filter.from ? gte(auditLog.at, filter.from) : undefined,
		filter.to ? lt(auditLog.at, filter.to) : undefined
	);
	const rows = await db
		.select()
		.from(auditLog)
		.where(where)
		.orderBy(desc(auditLog.seq))
		.limit(pageSize)
		.offset((page - 1) * pageSize);
	const [total] = await db.select({ n: count() }).from(auditLog).where(where);
	return { items: rows.map(({ prevHash: _, hash: __, ...row }) => row), total: total?.n ?? 0 };
}

async function lockChain(tx: Tx, orgId: string | null): Promise<ChainEnds> {
	// The upsert takes the row lock that makes numbers contiguous; it is held until the commit.
	const [row] = await tx
		.insert(settings)
		.values({ key: chainKey(orgId), value: { head: START, base: START } })
		.onConflictDoUpdate({ target: settings.key, set: { updatedAt: sql`now()` } })
		.returning({ value: settings.value });
	return row!.value as ChainEnds;
}

async function readEnds(db: Db, orgId: string | null): Promise<ChainEnds> {
	const [row] = await db
		.select({ value: settings.value })
		.from(settings)
		.where(eq(settings.key, chainKey(orgId)));
	return (row?.value as ChainEnds | undefined) ?? { head: START, base: START };
}

async function writeEnds(tx: Tx, orgId: string | null, value: ChainEnds): Promise<void> {
	await tx
		.update(settings)
		.set({ value })
		.where(eq(settings.key, chainKey(orgId)));
}

/** SHA-256 over the facts of a row, keys in fixed order at every depth. */
function hashOf(row: Omit<typeof auditLog.$inferSelect, 'id' | 'hash'>): string {
	const { orgId, seq, actorKind, actorId, action, targetKind, targetId } = row;
	const { detail, transport, ip, requestId, at, prevHash } = row;
	const facts = [orgId, seq, actorKind, actorId, action, targetKind, targetId];
	const rest = [detail, transport, ip, requestId, at.toISOString(), prevHash];
	return createHash('sha256')
		.update(canonicalJson([...facts, ...rest]))
		.digest('hex');
}

/** JSON with the keys of every object in code-unit order. */
export function canonicalJson(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
	if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
	const entries = Object.entries(value)
		.filter(([, part]) => part !== undefined)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`);
	return `{${entries.join(',')}}`;
}
