// Every route of `/api` that answers with JSON: thin fronts of the services that tRPC calls too (control-plane.md 12).
import { z } from 'zod';
import { isProvider } from '#domain/provider.ts';
import { Id } from '#protocol/envelope.ts';
import { Agent, AgentQuery } from '#protocol/rest/agent.ts';
import { AgentInput, AgentInputTaken } from '#protocol/rest/agent-input.ts';
import { AgentStart, AgentStarted } from '#protocol/rest/agent-start.ts';
import { AgentStop, AgentStopped } from '#protocol/rest/agent-stop.ts';
import { page } from '#protocol/rest/page.ts';
import { Runner, RunnerDetail, RunnerQuery } from '#protocol/rest/runner.ts';
import { Session, SessionDetail } from '#protocol/rest/session.ts';
import { SessionApprove, SessionApproved } from '#protocol/rest/session-approve.ts';
import { SessionQuery } from '#protocol/rest/session-list.ts';
import type { Actor } from '#server/auth/actor.ts';
import { AppError } from '#server/errors.ts';
import { reads, writes, type Route } from './route.ts';

const agent = z.strictObject({ agentId: Id });
const session = z.strictObject({ sessionId: Id });
const runner = z.strictObject({ runnerId: Id });

export const ROUTES: readonly Route[] = [
	reads({
		path: '/api/agents',
		id: 'listAgents',
		summary: 'Agents, and what each is doing.',
		right: 'village.read',
		query: AgentQuery,
		answer: { name: 'AgentList', schema: z.object({ items: z.array(Agent) }) },
		async work({ app, actor, query }) {
			if (query.villageId) return { items: await app.villages.agents(actor, query.villageId) };
			const all = await app.villages.list(actor);
			const lists = await Promise.all(all.map(({ id }) => app.villages.agents(actor, id)));
			return { items: lists.flat() };
		}
	}),
	writes({
		path: '/api/agents/{agentId}/start',
		id: 'startAgent',
		summary: 'Starts a session of an agent.',
		right: 'session.create',
		params: agent,
		body: AgentStart,
		command: 'agents.start',
		answer: { name: 'AgentStarted', schema: AgentStarted },
		work: ({ app, actor, params, body }) => app.agentCommands.start(actor, params.agentId, body),
		tell: async (value, { app, actor }) => ({
			...value,
			...(await app.agentCommands.token(actor, value.sessionId, true))
		})
	}),
	writes({
		path: '/api/agents/{agentId}/stop',
		id: 'stopAgent',
		summary: 'Stops the active session of an agent.',
		right: 'session.control',
		params: agent,
		body: AgentStop,
		command: 'agents.stop',
		answer: { name: 'AgentStopped', schema: AgentStopped },
		work: ({ app, actor, params, body }) => app.agentCommands.stop(actor, params.agentId, body),
		tell: (value) => ({ ok: true, ...value })
	}),
	writes({
		path: '/api/agents/{agentId}/terminal/input',
		id: 'typeIntoAgent',
		summary: 'Types into the active session of an agent, exactly once.',
		right: 'terminal.write',
		params: agent,
		body: AgentInput,
		command: 'agents.input',
		answer: { name: 'AgentInputTaken', schema: AgentInputTaken },
		work: ({ app, actor, params, body }) =>
			app.agentCommands.input(actor, params.agentId, Buffer.from(body.data, 'utf8')),
		tell: (value) => ({ ok: true, ...value })
	}),
	reads({
		path: '/api/sessions',
		id: 'listSessions',
		summary: 'Sessions of an organization, newest first.',
		right: 'session.read',
		query: SessionQuery,
		answer: { name: 'SessionPage', schema: page(Session) },
		work({ app, actor, query: { page, pageSize, orgId, providerId, ...filter } }) {
			if (providerId !== undefined && !isProvider(providerId))
				throw new AppError('INVALID_PROVIDER', `There is no provider "${providerId}".`, {
					providerId
				});
			return app.sessions.list(
				actor,
				{ ...filter, providerId, orgId: orgId ?? onlyOrgOf(actor) },
				{ page, pageSize }
			);
		}
	}),
	reads({
		path: '/api/sessions/{sessionId}',
		id: 'getSession',
		summary: 'One session.',
		right: 'session.read',
		params: session,
		answer: { name: 'SessionDetail', schema: SessionDetail },
		work: ({ app, actor, params }) => app.sessions.get(actor, params.sessionId)
	}),
	writes({
		path: '/api/sessions/{sessionId}/approve',
		id: 'answerApproval',
		summary: 'Answers a question of a session; the first answer counts.',
		right: 'approval.resolve',
		params: session,
		body: SessionApprove,
		command: 'approvals.resolve',
		answer: { name: 'SessionApproved', schema: SessionApproved },
		work: ({ app, actor, params, body }) =>
			app.approvals.resolve(actor, { sessionId: params.sessionId, ...body }),
		tell: (approval) => ({ ok: true, approval })
	}),
	reads({
		path: '/api/runners',
		id: 'listRunners',
		summary: 'Runners of an organization, by name.',
		right: 'runner.read',
		query: RunnerQuery,
		answer: { name: 'RunnerList', schema: z.object({ items: z.array(Runner) }) },
		work: async ({ app, actor, query }) => ({
			items: await app.runners.list(actor, query.orgId ?? onlyOrgOf(actor))
		})
	}),
	reads({
		path: '/api/runners/{runnerId}',
		id: 'getRunner',
		summary: 'One runner, with the sessions on it.',
		right: 'runner.read',
		params: runner,
		answer: { name: 'RunnerDetail', schema: RunnerDetail },
		work: ({ app, actor, params }) => app.runners.get(actor, params.runnerId)
	})
];

/** The org meant by who names none. */
function onlyOrgOf(actor: Actor): string {
	const [orgId, ...others] = actor.memberships.keys();
	if (orgId !== undefined && others.length === 0) return orgId;
	const message = 'Name an organization: orgId.';
	throw new AppError('VALIDATION_ERROR', message, { issues: [{ path: 'orgId', message }] });
}
