// Every procedure as the tests call it: which right it takes, a valid input, and objects to name in it.
import type { Right } from '#domain/permissions.ts';
import type { Actor } from '#server/auth/actor.ts';
import { isAppError } from '#server/errors.ts';
import { newId } from '#server/new-id.ts';
import type { TestApp } from '#server/testing/app.ts';
import { appRouter, createCaller } from '../router.ts';

/** Ids that a call may name: objects of the tested org, or ids that nothing has. */
export interface Things {
	orgId: string;
	villageId: string;
	houseId: string;
	runnerId: string;
	/** An agent that does nothing. */
	agentId: string;
	/** The agent of the session. */
	busyAgentId: string;
	sessionId: string;
	approvalId: string;
	ruleId: string;
	bypassId: string;
	userId: string;
	invitationId: string;
}

export interface Entry {
	/** The right it takes in the org; `self` is everybody who is signed in, `admin` the deployment admin alone. */
	right: Right | 'self' | 'admin';
	input?: (things: Things) => unknown;
}

const org = ({ orgId }: Things) => ({ orgId });
const village = ({ villageId }: Things) => ({ villageId });
const house = ({ houseId }: Things) => ({ houseId });
const runner = ({ runnerId }: Things) => ({ runnerId });
const session = ({ sessionId }: Things) => ({ sessionId });
const rule = ({ orgId }: Things) => ({
	orgId,
	scope: 'org',
	scopeId: orgId,
	action: 'shell',
	decision: 'deny'
});

/** Every procedure with the right it takes and a smallest valid input. */
export const MATRIX: Record<string, Entry> = {
	'account.me': { right: 'self' },
	'account.profile': { right: 'self' },
	'account.update': { right: 'self', input: () => ({ name: 'Ada' }) },
	'account.setPassword': {
		right: 'self',
		input: () => ({ current: null, next: 'correct horse battery staple' })
	},
	'account.logins': { right: 'self' },
	'account.endLogin': { right: 'self', input: () => ({ loginId: 'a'.repeat(64) }) },
	'account.signOutEverywhere': { right: 'self' },
	'agents.list': { right: 'village.read', input: village },
	'agents.start': { right: 'session.create', input: ({ agentId }) => ({ agentId }) },
	'agents.stop': {
		right: 'session.control',
		input: ({ busyAgentId }) => ({ agentId: busyAgentId })
	},
	'approvals.list': { right: 'approval.read', input: org },
	'approvals.get': { right: 'approval.details', input: ({ approvalId }) => ({ approvalId }) },
	'approvals.resolve': {
		right: 'approval.resolve',
		input: ({ sessionId, approvalId }) => ({ sessionId, approvalId, decision: 'deny' })
	},
	'approvals.listRules': { right: 'approval.details', input: org },
	'approvals.createRule': { right: 'rule.manage', input: rule },
	'approvals.deleteRule': { right: 'rule.manage', input: ({ ruleId }) => ({ ruleId }) },
	'approvals.simulate': {
		right: 'approval.details',
		input: ({ sessionId }) => ({ sessionId, command: 'ls' })
	},
	'approvals.dryRun': { right: 'rule.manage', input: rule },
	'approvals.bypass': {
		right: 'rule.manage',
		input: ({ sessionId }) => ({ sessionId, minutes: 5, reason: 'A test of it.' })
	},
	'approvals.endBypass': { right: 'rule.manage', input: ({ bypassId }) => ({ bypassId }) },
	'checklist.done': { right: 'self', input: () => ({ step: 'look_around' }) },
	'checklist.dismiss': { right: 'self', input: () => ({ dismissed: true }) },
	'demo.start': { right: 'demo.manage', input: org },
	'demo.remove': { right: 'demo.manage', input: org },
	'events.subscribe': {
		right: 'village.read',
		input: ({ villageId }) => ({ topics: [{ kind: 'village', id: villageId }] })
	},
	'houses.list': { right: 'village.read', input: village },
	'houses.activity': { right: 'house.read', input: house },
	'houses.roots': { right: 'runner.read', input: runner },
	'houses.add': {
		right: 'house.manage',
		input: ({ villageId }) => ({
			villageId,
			source: 'git_url',
			url: `https://example.org/${newId()}.git`
		})
	},
	'houses.check': { right: 'house.manage', input: house },
	'houses.remove': { right: 'house.manage', input: house },
	'orgs.list': { right: 'self' },
	'orgs.get': { right: 'org.read', input: org },
	'orgs.create': { right: 'admin', input: () => ({ name: 'Another' }) },
	'orgs.rename': { right: 'org.manage', input: ({ orgId }) => ({ orgId, name: 'Renamed' }) },
	'orgs.setLimits': {
		right: 'admin',
		input: ({ orgId }) => ({ orgId, limits: { maxSessionsPerOrg: 900 } })
	},
	'orgs.members': { right: 'member.read', input: org },
	'orgs.setMember': {
		right: 'member.manage',
		input: ({ orgId, userId }) => ({ orgId, userId, role: 'viewer' })
	},
	'orgs.removeMember': {
		right: 'member.manage',
		input: ({ orgId, userId }) => ({ orgId, userId })
	},
	'orgs.invite': { right: 'member.manage', input: ({ orgId }) => ({ orgId, role: 'viewer' }) },
	'orgs.invitations': { right: 'member.manage', input: org },
	'orgs.cancelInvitation': {
		right: 'member.manage',
		input: ({ orgId, invitationId }) => ({ orgId, invitationId })
	},
	'orgs.acceptInvitation': { right: 'self', input: () => ({ code: 'nonsense' }) },
	'orgs.audit': { right: 'audit.read', input: org },
	'orgs.verifyAudit': { right: 'audit.read', input: org },
	'runners.list': { right: 'runner.read', input: org },
	'runners.get': { right: 'runner.read', input: runner },
	'runners.createJoinToken': { right: 'runner.manage', input: org },
	'runners.drain': { right: 'runner.drain', input: runner },
	'runners.activate': { right: 'runner.drain', input: runner },
	'runners.setCapacity': {
		right: 'runner.manage',
		input: ({ runnerId }) => ({ runnerId, capacity: 3 })
	},
	'runners.rename': {
		right: 'runner.manage',
		input: ({ runnerId }) => ({ runnerId, label: 'bench' })
	},
	'runners.deregister': { right: 'runner.manage', input: runner },
	'sessions.create': {
		right: 'session.create',
		input: ({ orgId }) => ({ orgId, providerId: 'shell' })
	},
	'sessions.get': { right: 'session.read', input: session },
	'sessions.list': { right: 'session.read', input: org },
	'sessions.diff': { right: 'terminal.read', input: session },
	'sessions.patch': {
		right: 'terminal.read',
		input: ({ sessionId }) => ({ sessionId, path: 'README.md' })
	},
	'sessions.workspace': { right: 'terminal.read', input: session },
	'sessions.exportWork': { right: 'session.control', input: session },
	'sessions.keepBranch': {
		right: 'session.control',
		input: ({ sessionId }) => ({ sessionId, branch: 'kept' })
	},
	'sessions.cleanUp': { right: 'session.control', input: session },
	'sessions.review': {
		right: 'terminal.write',
		input: ({ sessionId }) => ({ sessionId, text: 'Well done.' })
	},
	'sessions.events': { right: 'session.read', input: session },
	'sessions.stop': { right: 'session.control', input: session },
	'sessions.pause': { right: 'session.control', input: session },
	'sessions.resume': { right: 'session.control', input: session },
	'sessions.setPolicy': { right: 'session.control', input: session },
	'sessions.retry': { right: 'session.create', input: session },
	'sessions.input': {
		right: 'terminal.write',
		input: ({ sessionId }) => ({ sessionId, data: 'ls\r' })
	},
	'sessions.token': { right: 'session.read', input: session },
	'tokens.list': { right: 'self' },
	'tokens.create': { right: 'self', input: () => ({ name: 'ci', maxRole: 'viewer' }) },
	'tokens.revoke': { right: 'self', input: () => ({ tokenId: 'nothing' }) },
	'villages.list': { right: 'self' },
	'villages.state': { right: 'village.read', input: village },
	'villages.saveLayout': {
		right: 'village.arrange',
		input: ({ villageId }) => ({ villageId, version: 1, houses: [] })
	}
};

export interface Answer {
	code: string;
	message: string;
}

/** The paths of all procedures, from the router itself. */
export const procedures = () =>
	Object.keys((appRouter._def as unknown as { procedures: Record<string, unknown> }).procedures);

/** What a call answers: `ok`, or the code and message of its refusal. */
export async function ask(
	t: TestApp,
	actor: Actor | null,
	path: string,
	input: unknown
): Promise<Answer> {
	const ended = new AbortController();
	const caller = createCaller(
		{ app: t.app, actor, requestId: 'test' },
		{ signal: ended.signal }
	) as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>;
	const [group, name] = path.split('.') as [string, string];
	try {
		const value = await caller[group]![name]!(input);
		if (path === 'events.subscribe') {
			const first = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]().next();
			const timer = setTimeout(() => ended.abort(), 30);
			await first.finally(() => clearTimeout(timer));
		}
		return { code: 'ok', message: '' };
	} catch (error) {
		const cause = error instanceof Error ? error.cause : undefined;
		if (isAppError(cause)) return { code: cause.code, message: cause.message };
		if (isAppError(error)) return { code: error.code, message: error.message };
		const kind = (error as { code?: string }).code;
		return {
			code: kind === 'BAD_REQUEST' ? 'VALIDATION_ERROR' : 'INTERNAL_ERROR',
			message: String(error)
		};
	}
}

/** Fresh objects of the org for one call, so that no call meets what another has changed. */
export async function things(t: TestApp): Promise<Things> {
	const { sql } = t.app.database;
	const { orgId, villageId } = t;
	const owner = await t.caller('owner');
	const id = newId();
	await sql`insert into runners (id, org_id, hostname, os, arch, runner_version, credential_hash, capacity)
		values (${`r-${id}`}, ${orgId}, 'bench', 'linux', 'x64', '0.0.0', ${id}, 5)`;
	await sql`insert into houses (id, org_id, village_id, name, source, url, default_branch, created_by)
		values (${`h-${id}`}, ${orgId}, ${villageId}, 'House', 'git_url', ${`https://example.org/${id}`}, 'main', 'x')`;
	await sql`insert into users (id, name) values (${`u-${id}`}, 'Somebody')`;
	await sql`insert into memberships (org_id, user_id, role) values (${orgId}, ${`u-${id}`}, 'viewer')`;
	await sql`update villages set layout_version = 1 where id = ${villageId}`;
	const { id: sessionId, agentId } = await owner.sessions.create({ orgId, providerId: 'shell' });
	// It lives in a house, so that no session without one takes it.
	await sql`insert into agents (id, org_id, village_id, house_id, name, default_provider, state)
		values (${`g-${id}`}, ${orgId}, ${villageId}, ${`h-${id}`}, ${`Idle ${id}`}, 'shell', 'idle')`;
	await sql`insert into approvals (id, org_id, session_id, agent_id, attempt, action, risk, summary, generation,
			status, requested_at, expires_at)
		values (${`a-${id}`}, ${orgId}, ${sessionId}, ${agentId}, 1, 'merge', 'high', 'Merge?', 1, 'pending',
			now(), now() + interval '1 hour')`;
	const created = await owner.approvals.createRule({
		...{ orgId, scope: 'org', scopeId: orgId, action: 'shell', decision: 'ask' }
	});
	const bypass = await owner.approvals.bypass({ sessionId, minutes: 5, reason: 'A test of it.' });
	const invitation = await owner.orgs.invite({ orgId, role: 'viewer' });
	return {
		orgId,
		villageId,
		houseId: `h-${id}`,
		runnerId: `r-${id}`,
		agentId: `g-${id}`,
		busyAgentId: agentId,
		sessionId,
		approvalId: `a-${id}`,
		ruleId: created.id,
		bypassId: bypass.id,
		userId: `u-${id}`,
		invitationId: invitation.id
	};
}

/** Ids of the right shape that nothing has. */
export const ABSENT: Things = {
	orgId: 'no-org',
	villageId: 'no-village',
	houseId: 'no-house',
	runnerId: 'no-runner',
	agentId: 'no-agent',
	busyAgentId: 'no-agent',
	sessionId: 'no-session',
	approvalId: 'no-approval',
	ruleId: 'no-rule',
	bypassId: 'no-bypass',
	userId: 'no-user',
	invitationId: 'no-invitation'
};
