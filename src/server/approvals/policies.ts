// Rules and bypasses as rows, and who of them answers a question (control-plane.md 5). The rules of the rules are pure.
import { and, count, desc, eq, or, sql, type SQL } from 'drizzle-orm';
import {
	decide,
	type Asked,
	type Place,
	type Rule,
	type RuleTerms,
	type Verdict
} from '#domain/approval-rules.ts';
import type { RuleView } from '#domain/views.ts';
import { approvalBypasses, approvalRules } from '#server/db/schema/policies.ts';
import type { Db, Tx } from '#server/db/open.ts';
import type { Session } from '#server/sessions/store.ts';
import { bypassRuns } from './store.ts';

export type RuleRow = typeof approvalRules.$inferSelect;

/** Where a session is, for every scope that a rule may have. */
export function placeOf(session: Session): Place {
	return {
		session: session.id,
		agent: session.agentId,
		house: session.houseId,
		village: session.villageId,
		org: session.orgId
	};
}

const inScope = (
	columns: Pick<typeof approvalRules | typeof approvalBypasses, 'orgId' | 'scope' | 'scopeId'>,
	place: Place
): SQL | undefined =>
	and(
		eq(columns.orgId, place.org!),
		or(
			...Object.entries(place).map(([scope, id]) =>
				id === null ? undefined : and(eq(columns.scope, scope as never), eq(columns.scopeId, id))
			)
		)
	);

/** Who answers instead of a person, or null. Counts the use of a rule or bypass that does. */
export async function answerByPolicy(
	tx: Tx,
	session: Session,
	asked: Asked,
	now: Date
): Promise<Verdict | null> {
	const verdict = await judge(tx, session, asked, now);
	if (verdict?.by === 'rule')
		await tx
			.update(approvalRules)
			.set({ uses: sql`${approvalRules.uses} + 1` })
			.where(eq(approvalRules.id, verdict.id!));
	if (verdict?.by === 'bypass')
		await tx
			.update(approvalBypasses)
			.set({ uses: sql`${approvalBypasses.uses} + 1` })
			.where(eq(approvalBypasses.id, verdict.id!));
	return verdict;
}

/** The same, and nothing is counted. */
export async function judge(
	db: Db | Tx,
	session: Session,
	asked: Asked,
	now: Date
): Promise<Verdict | null> {
	const place = placeOf(session);
	const rows = await db.select().from(approvalRules).where(inScope(approvalRules, place));
	const [bypass] = await db
		.select({ id: approvalBypasses.id })
		.from(approvalBypasses)
		.where(and(inScope(approvalBypasses, place), bypassRuns(now)))
		.limit(1);
	return decide(asked, place, {
		rules: rows.map(ruleOf),
		bypassId: bypass?.id ?? null,
		unattended: session.unattended,
		nowMs: now.getTime()
	});
}

export function listRules(db: Db | Tx, orgId: string): Promise<RuleRow[]> {
	return db
		.select()
		.from(approvalRules)
		.where(eq(approvalRules.orgId, orgId))
		.orderBy(desc(approvalRules.createdAt), desc(approvalRules.id));
}

export async function countRules(db: Db | Tx, orgId: string): Promise<number> {
	const [row] = await db
		.select({ n: count() })
		.from(approvalRules)
		.where(eq(approvalRules.orgId, orgId));
	return row?.n ?? 0;
}

function termsOf(row: RuleRow): RuleTerms {
	const { action, toolPattern, commandPattern, pathPattern, maxRisk, decision } = row;
	return { action, toolPattern, commandPattern, pathPattern, maxRisk, decision };
}

function ruleOf(row: RuleRow): Rule {
	const { id, scope, scopeId, locked } = row;
	return {
		...termsOf(row),
		...{ id, scope, scopeId, locked },
		expiresAtMs: row.expiresAt?.getTime() ?? null
	};
}

export function ruleView(row: RuleRow): RuleView {
	const { id, orgId, scope, scopeId, locked, uses } = row;
	return {
		...{ id, orgId, scope, scopeId, locked, uses },
		...termsOf(row),
		expiresAt: row.expiresAt?.toISOString() ?? null,
		createdBy: row.createdBy,
		createdByName: row.createdByName,
		createdAt: row.createdAt.toISOString()
	};
}
