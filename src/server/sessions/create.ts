// Starting a session: the checks of control-plane.md 4.4 in their order, then one transaction.
import { and, eq, inArray, isNull } from 'drizzle-orm';
import { agentName } from '#domain/agent-names.ts';
import type { OrgLimits } from '#domain/limits.ts';
import { isProvider, type ProviderId } from '#domain/provider.ts';
import { envIssues } from '#domain/session-env.ts';
import { ACTIVE_STATES, NO_USAGE, type SessionSpec } from '#domain/session.ts';
import type { SessionView } from '#domain/views.ts';
import { audit } from '#server/audit/service.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import { runners } from '#server/db/schema/runners.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import { agents, houses, villages } from '#server/db/schema/villages.ts';
import type { Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector } from '#server/events/log.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { newId } from '#server/new-id.ts';
import { findAgent, type Agent } from '#server/agents/store.ts';
import type { Agents } from '#server/agents/service.ts';
import type { EnvSeal } from './sealed-env.ts';
import { countActive, viewOf } from './store.ts';
import { about } from './transition.ts';

export interface CreateSession {
	orgId: string;
	providerId: string;
	agentId?: string | undefined;
	houseId?: string | undefined;
	task?: string | undefined;
	model?: string | undefined;
	/** For `custom`: a command line, run by the shell. */
	command?: string | undefined;
	scenario?: unknown;
	repo?: { url: string; branch?: string | undefined } | undefined;
	worktree?: boolean | undefined;
	timeoutMinutes?: number | undefined;
	env?: Record<string, string> | undefined;
	/** Nobody is asked: what no rule allows is denied. */
	unattended?: boolean | undefined;
	onDeny?: 'continue' | 'stop' | undefined;
	onRunnerLost?: 'wait' | 'reschedule' | 'fail' | undefined;
	features?: string[] | undefined;
	priority?: number | undefined;
	cols?: number | undefined;
	rows?: number | undefined;
	demo?: boolean | undefined;
}

interface Deps {
	agents: Agents;
	envSeal: EnvSeal;
	limits: Limits;
}

type House = typeof houses.$inferSelect;

/** Creates the row, its event and its audit entry. Throws the first failure of the list in 4.4. */
export async function createSession(
	deps: Deps,
	tx: Tx,
	collect: Collector,
	actor: Actor,
	input: CreateSession,
	now: Date
): Promise<SessionView> {
	checkInput(input);
	const providerId = input.providerId as ProviderId;
	demand(actor, input.orgId, 'session.read');
	// Held until the commit, so that parallel creates cannot pass the limit together.
	const [org] = await tx.select().from(orgs).where(eq(orgs.id, input.orgId)).for('update');
	if (!org) throw missing('ORG_NOT_FOUND');
	const house = input.houseId ? await findHouse(tx, input.orgId, input.houseId) : null;
	const named = input.agentId ? await findAgentOf(tx, input.orgId, input.agentId) : null;
	demand(actor, input.orgId, 'session.create');

	const limits = deps.limits.over(org.limits);
	const timeoutMinutes = input.timeoutMinutes ?? limits.defaultTimeoutMinutes;
	if (timeoutMinutes > limits.maxTimeoutMinutes)
		throw new AppError('VALIDATION_ERROR', `At most ${limits.maxTimeoutMinutes} minutes.`, {
			issues: [{ path: 'timeoutMinutes', message: `At most ${limits.maxTimeoutMinutes}.` }]
		});
	if (named) await demandFree(tx, named.id);
	if (!input.demo) {
		const active = await countActive(tx, org.id);
		if (active >= limits.maxSessionsPerOrg)
			throw new AppError(
				'SESSION_LIMIT_EXCEEDED',
				`${active} of ${limits.maxSessionsPerOrg} sessions are active. Stop one, or ask the deployment admin for more.`,
				{ limit: limits.maxSessionsPerOrg, active }
			);
	}
	await demandSignIn(tx, org.id, providerId);

	const agent =
		named ?? (await idleOrNewAgent(tx, collect, actor, input, providerId, house, limits, now));
	const home = house ?? (agent.houseId ? await findHouse(tx, org.id, agent.houseId) : null);
	const id = newId(now);
	const [row] = await tx
		.insert(sessions)
		.values({
			id,
			orgId: org.id,
			villageId: agent.villageId,
			houseId: home?.id ?? null,
			agentId: agent.id,
			providerId,
			model: input.model ?? null,
			task: input.task ?? null,
			spec: specOf(input, home),
			envEnc: input.env ? deps.envSeal.seal(input.env) : null,
			state: 'CREATED',
			phase: 'none',
			priority: input.priority ?? 0,
			unattended: input.unattended ?? false,
			onDeny: input.onDeny ?? 'continue',
			onRunnerLost: input.onRunnerLost ?? 'wait',
			createdBy: actor.id,
			timeoutMinutes,
			usage: NO_USAGE,
			cols: input.cols ?? 120,
			rows: input.rows ?? 32,
			demo: input.demo ?? false,
			createdAt: now,
			updatedAt: now
		})
		.returning();
	if (agent.defaultProvider !== providerId || (home && agent.houseId !== home.id))
		await tx
			.update(agents)
			.set({ defaultProvider: providerId, houseId: home?.id ?? agent.houseId, lastEnd: null })
			.where(eq(agents.id, agent.id));
	const view = await viewOf(tx, id, now);
	collect.add(org.id, {
		...about(row!),
		type: 'session.created',
		data: { sessionId: id, session: view },
		actor: actor.id
	});
	await deps.agents.refresh(tx, collect, agent.id, true);
	await audit(tx, {
		orgId: org.id,
		actor,
		action: 'session.create',
		target: { kind: 'session', id },
		detail: { providerId, houseId: home?.id ?? null, agentId: agent.id },
		at: now
	});
	return view;
}

/** What no schema can say: unknown providers, forbidden variables, a custom command without a command. */
function checkInput(input: CreateSession): void {
	if (!isProvider(input.providerId))
		throw new AppError(
			'INVALID_PROVIDER',
			`There is no provider "${input.providerId.slice(0, 64)}".`,
			{
				providerId: input.providerId.slice(0, 64)
			}
		);
	const issues = envIssues(input.env ?? {});
	if (input.providerId === 'custom' && !input.command?.trim())
		issues.push({ path: 'command', message: 'Say which command to run.' });
	if (input.command !== undefined && input.providerId !== 'custom')
		issues.push({ path: 'command', message: 'Only "custom" takes a command.' });
	if (issues.length > 0) throw new AppError('VALIDATION_ERROR', issues[0]!.message, { issues });
}

async function findHouse(tx: Tx, orgId: string, id: string): Promise<House> {
	const [row] = await tx
		.select()
		.from(houses)
		.where(and(eq(houses.id, id), eq(houses.orgId, orgId)));
	if (!row) throw missing('HOUSE_NOT_FOUND');
	return row;
}

async function findAgentOf(tx: Tx, orgId: string, id: string): Promise<Agent> {
	const agent = await findAgent(tx, id);
	if (!agent || agent.orgId !== orgId) throw missing('AGENT_NOT_FOUND');
	return agent;
}

async function demandFree(tx: Tx, agentId: string): Promise<void> {
	const [busy] = await tx
		.select({ id: sessions.id })
		.from(sessions)
		.where(and(eq(sessions.agentId, agentId), inArray(sessions.state, [...ACTIVE_STATES])));
	if (busy)
		throw new AppError('AGENT_BUSY', 'This agent already has an active session.', {
			sessionId: busy.id
		});
}

/** Refuses only when some runner has the program and every one of them says that its sign-in is missing. */
async function demandSignIn(tx: Tx, orgId: string, providerId: ProviderId): Promise<void> {
	const online = await tx
		.select({ providers: runners.providers })
		.from(runners)
		.where(and(eq(runners.orgId, orgId), eq(runners.connected, true), isNull(runners.deletedAt)));
	const reports = online.flatMap((r) => r.providers.filter((p) => p.id === providerId));
	if (reports.length > 0 && reports.every((p) => p.auth === 'missing'))
		throw new AppError(
			'PROVIDER_AUTH_MISSING',
			`No runner is signed in for ${providerId}. Sign in with the program itself on a runner, then try again.`,
			{ providerId, missing: [...new Set(reports.flatMap((p) => p.missing ?? []))] }
		);
}

/** An idle villager of that house with that provider, else a new one: people should not fill the village by starting shells. */
async function idleOrNewAgent(
	tx: Tx,
	collect: Collector,
	actor: Actor,
	input: CreateSession,
	provider: ProviderId,
	house: House | null,
	limits: OrgLimits,
	now: Date
): Promise<Agent> {
	const [village] = house
		? [{ id: house.villageId }]
		: await tx
				.select({ id: villages.id })
				.from(villages)
				.where(eq(villages.orgId, input.orgId))
				.orderBy(villages.createdAt)
				.limit(1);
	if (!village) throw missing('VILLAGE_NOT_FOUND');
	const all = await tx
		.select()
		.from(agents)
		.where(and(eq(agents.villageId, village.id), isNull(agents.deletedAt)));
	const busy = new Set(
		(
			await tx
				.select({ agentId: sessions.agentId })
				.from(sessions)
				.where(and(eq(sessions.orgId, input.orgId), inArray(sessions.state, [...ACTIVE_STATES])))
		).map((row) => row.agentId)
	);
	const idle = all.find(
		(a) =>
			!busy.has(a.id) &&
			a.defaultProvider === provider &&
			a.houseId === (house?.id ?? null) &&
			a.demo === (input.demo ?? false)
	);
	if (idle) return idle;
	if (all.length >= limits.agentsPerVillage)
		throw new AppError('CONFLICT', `A village has at most ${limits.agentsPerVillage} agents.`);
	const [row] = await tx
		.insert(agents)
		.values({
			id: newId(now),
			orgId: input.orgId,
			villageId: village.id,
			name: agentName(new Set(all.map((a) => a.name)), all.length * 7 + now.getTime()),
			houseId: house?.id ?? null,
			defaultProvider: provider,
			stateSince: now,
			demo: input.demo ?? false
		})
		.returning();
	collect.add(input.orgId, {
		stream: `village:${village.id}`,
		type: 'agent_created',
		data: { agentId: row!.id },
		actor: actor.id,
		villageId: village.id,
		houseId: house?.id ?? null,
		agentId: row!.id
	});
	return row!;
}

function specOf(input: CreateSession, house: House | null): SessionSpec {
	const repo = input.repo
		? { url: input.repo.url, branch: input.repo.branch ?? 'main', commit: null }
		: house?.url
			? { url: house.url, branch: house.defaultBranch, commit: null }
			: null;
	return {
		repo,
		local:
			!input.repo && house?.source === 'local' && house.localPath && house.runnerId
				? { runnerId: house.runnerId, path: house.localPath }
				: null,
		command: input.command ?? null,
		scenario: input.scenario ?? null,
		worktree: input.worktree ?? true,
		features: input.features ?? []
	};
}
