// What people may do with rules and bypasses: make, end, and try them before they count.
import { and, desc, eq, gte } from 'drizzle-orm';
import { classOfCommand } from '#domain/approval-class.ts';
import { defaultRisk } from '#domain/approval.ts';
import {
	fitsRule,
	type Asked,
	type RuleScope,
	type RuleTerms,
	type Verdict
} from '#domain/approval-rules.ts';
import type { ApprovalAction, Risk } from '#protocol/approval-words.ts';
import type { BypassView, RuleTrial, RuleView } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { approvalBypasses, approvalRules } from '#server/db/schema/policies.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { agents, houses, villages } from '#server/db/schema/villages.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import { findSession } from '#server/sessions/store.ts';
import { countRules, judge, listRules, ruleView } from './policies.ts';
import { bypassView, listBypasses } from './store.ts';

export interface NewRule extends RuleTerms {
	orgId: string;
	scope: RuleScope;
	scopeId: string;
	locked?: boolean | undefined;
	expiresInMinutes?: number | undefined;
}

export interface Rules {
	list(actor: Actor, orgId: string): Promise<{ rules: RuleView[]; bypasses: BypassView[] }>;
	/** A session's rules take an operator, wider ones an owner. Throws `RULE_LIMIT`, `VALIDATION_ERROR`. */
	create(actor: Actor, input: NewRule): Promise<RuleView>;
	/** The same inside another transaction, for "always" of an answer. */
	createIn(tx: Tx, collect: Collector, actor: Actor, input: NewRule): Promise<RuleView>;
	remove(actor: Actor, ruleId: string): Promise<{ ok: true }>;
	/** What would answer this, now. Writes nothing. */
	simulate(
		actor: Actor,
		sessionId: string,
		what: {
			action?: ApprovalAction | undefined;
			tool?: string | undefined;
			command?: string | undefined;
			paths?: string[] | undefined;
			risk?: Risk | undefined;
		}
	): Promise<{
		decision: 'allow' | 'deny' | 'ask';
		by: Verdict['by'] | null;
		ruleId: string | null;
	}>;
	/** What a rule would have answered in the last seven days. Writes nothing. */
	dryRun(actor: Actor, input: NewRule): Promise<RuleTrial>;
	bypass(
		actor: Actor,
		input: {
			sessionId?: string | undefined;
			houseId?: string | undefined;
			minutes: number;
			reason: string;
		}
	): Promise<BypassView>;
	endBypass(actor: Actor, bypassId: string): Promise<BypassView>;
}

/** Rules of one org. */
const MAX_RULES = 500;
const TRIAL_DAYS = 7;
/** Questions a trial looks at, the newest; and how many of those that fit are shown. */
const TRIAL_ROWS = 5_000;
const TRIAL_SHOWN = 20;

export function createRules(deps: { database: Database; log: EventLog; clock: Clock }): Rules {
	const { log, clock } = deps;
	const db: Db = deps.database.db;

	const told = (collect: Collector, orgId: string, actor: Actor, type: string, data: object) =>
		collect.add(orgId, { stream: `org:${orgId}`, type, data: { ...data }, actor: actor.id });

	/** The right to a rule of that scope, and the place itself: absent and foreign are one answer. */
	async function demandScope(on: Db | Tx, actor: Actor, rule: NewRule): Promise<void> {
		demand(actor, rule.orgId, rule.scope === 'session' ? 'approval.resolve' : 'rule.manage');
		const found = await orgOf(on, rule.scope, rule.scopeId);
		if (found !== rule.orgId) throw missing(NOT_FOUND[rule.scope]);
	}

	async function createIn(tx: Tx, collect: Collector, actor: Actor, input: NewRule) {
		await demandScope(tx, actor, input);
		const problem = ruleProblem(input);
		if (problem) throw new AppError('VALIDATION_ERROR', problem.message, { issues: [problem] });
		if ((await countRules(tx, input.orgId)) >= MAX_RULES)
			throw new AppError('RULE_LIMIT', `An organization has at most ${MAX_RULES} rules.`, {
				limit: MAX_RULES
			});
		const now = clock.now();
		const { expiresInMinutes, locked = false, ...rest } = input;
		const [row] = await tx
			.insert(approvalRules)
			.values({
				...rest,
				id: newId(now),
				locked,
				expiresAt: expiresInMinutes ? new Date(now.getTime() + expiresInMinutes * 60_000) : null,
				createdBy: actor.id,
				createdByName: actor.name,
				createdAt: now
			})
			.returning();
		const { orgId, ...detail } = input;
		await audit(tx, {
			orgId,
			actor,
			action: 'rule.create',
			target: { kind: 'rule', id: row!.id },
			detail,
			at: now
		});
		told(collect, orgId, actor, 'rule.created', { ruleId: row!.id });
		return ruleView(row!);
	}

	return {
		async list(actor, orgId) {
			demand(actor, orgId, 'approval.details');
			const [rules, bypasses] = [
				await listRules(db, orgId),
				await listBypasses(db, orgId, clock.now())
			];
			return { rules: rules.map(ruleView), bypasses: bypasses.map(bypassView) };
		},
		create: (actor, input) => log.transact((tx, collect) => createIn(tx, collect, actor, input)),
		createIn,
		remove: (actor, ruleId) =>
			log.transact(async (tx, collect) => {
				const [row] = await tx.select().from(approvalRules).where(eq(approvalRules.id, ruleId));
				if (!row) throw missing('RULE_NOT_FOUND');
				demand(actor, row.orgId, 'approval.read', 'RULE_NOT_FOUND');
				const right = row.scope === 'session' ? 'approval.resolve' : 'rule.manage';
				demand(actor, row.orgId, right, 'RULE_NOT_FOUND');
				await tx.delete(approvalRules).where(eq(approvalRules.id, ruleId));
				const { id, scope, scopeId, decision } = ruleView(row);
				await audit(tx, {
					orgId: row.orgId,
					actor,
					action: 'rule.remove',
					target: { kind: 'rule', id },
					detail: { scope, scopeId, decision },
					at: clock.now()
				});
				told(collect, row.orgId, actor, 'rule.removed', { ruleId });
				return { ok: true as const };
			}),
		async simulate(actor, sessionId, what) {
			const session = await findSession(db, sessionId);
			if (!session) throw missing('SESSION_NOT_FOUND');
			demand(actor, session.orgId, 'approval.read', 'SESSION_NOT_FOUND');
			demand(actor, session.orgId, 'approval.details', 'SESSION_NOT_FOUND');
			const action = what.action ?? (what.command ? classOfCommand(what.command) : 'tool');
			const verdict = await judge(
				db,
				session,
				{
					action,
					kind: what.command === undefined ? 'action' : 'command',
					risk: what.risk ?? defaultRisk(action),
					tool: what.tool ?? null,
					command: what.command ?? null,
					paths: what.paths ?? null
				},
				clock.now()
			);
			return {
				decision: verdict?.decision ?? 'ask',
				by: verdict?.by ?? null,
				ruleId: verdict?.by === 'rule' ? verdict.id : null
			};
		},
		async dryRun(actor, input) {
			await demandScope(db, actor, input);
			demand(actor, input.orgId, 'approval.details');
			const since = new Date(clock.now().getTime() - TRIAL_DAYS * 86_400_000);
			const rows = await db
				.select({ approval: approvals, agentName: agents.name, place: PLACE_COLUMNS[input.scope] })
				.from(approvals)
				.innerJoin(sessions, eq(sessions.id, approvals.sessionId))
				.innerJoin(agents, eq(agents.id, approvals.agentId))
				.where(and(eq(approvals.orgId, input.orgId), gte(approvals.requestedAt, since)))
				.orderBy(desc(approvals.requestedAt))
				.limit(TRIAL_ROWS);
			const fitting = rows.filter(
				({ approval, place }) => place === input.scopeId && fitsRule(input, askedOf(approval))
			);
			const status = (...wanted: string[]) =>
				fitting.filter(({ approval }) => wanted.includes(approval.status)).length;
			return {
				asked: rows.length,
				fits: fitting.length,
				wereAllowed: status('allowed'),
				wereDenied: status('denied'),
				examples: fitting.slice(0, TRIAL_SHOWN).map(({ approval, agentName }) => ({
					id: approval.id,
					agentName,
					summary: approval.command ?? approval.summary,
					status: approval.status,
					requestedAt: approval.requestedAt.toISOString()
				}))
			};
		},
		bypass: (actor, input) =>
			log.transact(async (tx, collect) => {
				const scope = input.sessionId ? ('session' as const) : ('house' as const);
				const scopeId = (input.sessionId ?? input.houseId)!;
				const orgId = await orgOf(tx, scope, scopeId);
				if (!orgId) throw missing(NOT_FOUND[scope]);
				demand(actor, orgId, 'approval.read', NOT_FOUND[scope]);
				demand(actor, orgId, 'rule.manage', NOT_FOUND[scope]);
				const now = clock.now();
				const [row] = await tx
					.insert(approvalBypasses)
					.values({
						...{ id: newId(now), orgId, scope, scopeId },
						reason: input.reason,
						until: new Date(now.getTime() + input.minutes * 60_000),
						createdBy: actor.id,
						createdByName: actor.name,
						createdAt: now
					})
					.returning();
				await audit(tx, {
					orgId,
					actor,
					action: 'bypass.start',
					target: { kind: 'bypass', id: row!.id },
					detail: { scope, scopeId, minutes: input.minutes, reason: input.reason },
					at: now
				});
				const view = bypassView(row!);
				told(collect, orgId, actor, 'bypass.started', { bypass: view });
				return view;
			}),
		endBypass: (actor, bypassId) =>
			log.transact(async (tx, collect) => {
				const [row] = await tx
					.select()
					.from(approvalBypasses)
					.where(eq(approvalBypasses.id, bypassId))
					.for('update');
				if (!row) throw missing('BYPASS_NOT_FOUND');
				demand(actor, row.orgId, 'approval.read', 'BYPASS_NOT_FOUND');
				demand(actor, row.orgId, 'rule.manage', 'BYPASS_NOT_FOUND');
				if (row.endedAt) return bypassView(row);
				const now = clock.now();
				const [ended] = await tx
					.update(approvalBypasses)
					.set({ endedAt: now })
					.where(eq(approvalBypasses.id, bypassId))
					.returning();
				await audit(tx, {
					orgId: row.orgId,
					actor,
					action: 'bypass.end',
					target: { kind: 'bypass', id: bypassId },
					detail: { uses: row.uses },
					at: now
				});
				const view = bypassView(ended!);
				told(collect, row.orgId, actor, 'bypass.ended', { bypass: view });
				return view;
			})
	};
}

const NOT_FOUND = {
	session: 'SESSION_NOT_FOUND',
	agent: 'AGENT_NOT_FOUND',
	house: 'HOUSE_NOT_FOUND',
	village: 'VILLAGE_NOT_FOUND',
	org: 'ORG_NOT_FOUND'
} as const satisfies Record<RuleScope, string>;

const PLACE_COLUMNS = {
	session: sessions.id,
	agent: sessions.agentId,
	house: sessions.houseId,
	village: sessions.villageId,
	org: sessions.orgId
};

/** The org a place belongs to, or null when there is no such place. */
async function orgOf(db: Db | Tx, scope: RuleScope, id: string): Promise<string | null> {
	if (scope === 'org') return id;
	if (scope === 'session') return (await findSession(db, id))?.orgId ?? null;
	const ofVillage = db.select({ orgId: villages.orgId }).from(villages);
	const [row] =
		scope === 'village'
			? await ofVillage.where(eq(villages.id, id))
			: scope === 'house'
				? await ofVillage
						.innerJoin(houses, eq(houses.villageId, villages.id))
						.where(eq(houses.id, id))
				: await ofVillage
						.innerJoin(agents, eq(agents.villageId, villages.id))
						.where(eq(agents.id, id));
	return row?.orgId ?? null;
}

/** What cannot be a rule, in words. */
function ruleProblem(rule: NewRule): { path: string; message: string } | null {
	if (rule.locked && (rule.scope !== 'org' || rule.decision !== 'deny'))
		return { path: 'locked', message: 'Only a denial of the whole organization can be locked.' };
	const everything =
		rule.action === '*' && !rule.toolPattern && !rule.commandPattern && !rule.pathPattern;
	if (rule.decision === 'allow' && everything && rule.maxRisk !== 'low')
		return {
			path: 'action',
			message: 'This would allow everything for ever. Use a bypass, which ends by itself.'
		};
	return null;
}

/** What was asked, as rules look at it. */
export function askedOf(row: typeof approvals.$inferSelect): Asked {
	const { action, kind, risk, tool, command, paths } = row;
	return { action, kind, risk, tool, command, paths: paths ?? null };
}
