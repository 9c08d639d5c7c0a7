// What people and programs ask of an agent by its own id: start it, stop what it does, type into it (control-plane.md 12).
import { isTerminal, type SessionState } from '#domain/session.ts';
import { demand, missing, type Actor } from '#server/auth/actor.ts';
import type { SessionTokens } from '#server/auth/session-tokens.ts';
import type { Clock } from '#server/clock.ts';
import type { Db } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Sessions } from '#server/sessions/service.ts';
import { findHouse } from '#server/villages/store.ts';
import { activeSessions, findAgent, type Agent } from './store.ts';

export interface StartAgent {
	task?: string | undefined;
	/** A house of the agent's village; its home when absent. */
	repoId?: string | undefined;
	/** The agent's own when absent. */
	providerId?: string | undefined;
	model?: string | undefined;
	/** For `custom`: a command line, run by the shell. */
	command?: string | undefined;
	timeoutMinutes?: number | undefined;
}

export interface SessionToken {
	token: string;
	expiresAt: string;
}

export interface AgentCommands {
	/** Throws what `sessions.create` throws; `AGENT_BUSY` (details: sessionId) while it has an active session. */
	start(
		actor: Actor,
		agentId: string,
		input: StartAgent
	): Promise<{ sessionId: string; state: SessionState }>;
	/** Stops the active session. Throws `NO_ACTIVE_SESSION`. */
	stop(
		actor: Actor,
		agentId: string,
		options: { reason?: string | undefined; force?: boolean | undefined }
	): Promise<{ sessionId: string; state: SessionState }>;
	/** Types into the active session, exactly once. Throws `NO_ACTIVE_SESSION` and what `sessions.input` throws. */
	input(actor: Actor, agentId: string, data: Uint8Array): Promise<{ bytes: number }>;
	/** A token that opens one session on `/ws` for an hour. Throws `FORBIDDEN` to write without the right to. */
	token(actor: Actor, sessionId: string, write: boolean): Promise<SessionToken>;
}

export function createAgentCommands(deps: {
	db: Db;
	clock: Clock;
	sessions: Pick<Sessions, 'create' | 'stop' | 'input' | 'demandSession'>;
	sessionTokens: SessionTokens;
}): AgentCommands {
	const { db, sessions } = deps;

	async function demandAgent(
		actor: Actor,
		agentId: string,
		right: 'session.create' | 'session.control' | 'terminal.write'
	): Promise<Agent> {
		const agent = await findAgent(db, agentId);
		if (!agent) throw missing('AGENT_NOT_FOUND');
		demand(actor, agent.orgId, right, 'AGENT_NOT_FOUND');
		return agent;
	}

	async function activeOf(agent: Agent): Promise<string> {
		const active = (await activeSessions(db, [agent.id])).get(agent.id);
		if (!active || isTerminal(active.state))
			throw new AppError('NO_ACTIVE_SESSION', 'This agent has no active session.', {
				agentId: agent.id
			});
		return active.id;
	}

	return {
		async start(actor, agentId, { repoId, providerId, ...rest }) {
			const agent = await demandAgent(actor, agentId, 'session.create');
			if (repoId !== undefined) {
				const house = await findHouse(db, repoId);
				if (house?.villageId !== agent.villageId) throw missing('HOUSE_NOT_FOUND');
			}
			const { id, state } = await sessions.create(actor, {
				...rest,
				orgId: agent.orgId,
				agentId: agent.id,
				houseId: repoId ?? agent.houseId ?? undefined,
				providerId: providerId ?? agent.defaultProvider
			});
			return { sessionId: id, state };
		},
		async stop(actor, agentId, options) {
			const agent = await demandAgent(actor, agentId, 'session.control');
			const { id, state } = await sessions.stop(actor, await activeOf(agent), options);
			return { sessionId: id, state };
		},
		async input(actor, agentId, data) {
			const agent = await demandAgent(actor, agentId, 'terminal.write');
			return sessions.input(actor, await activeOf(agent), data);
		},
		async token(actor, sessionId, write) {
			const { orgId } = await sessions.demandSession(actor, sessionId);
			if (write) demand(actor, orgId, 'terminal.write', 'SESSION_NOT_FOUND');
			const { id, credentialId } = actor;
			if (credentialId === null)
				throw new AppError('FORBIDDEN', 'Only who signed in can lend a session.');
			const made = deps.sessionTokens.issue(
				{ id, credentialId },
				sessionId,
				write,
				deps.clock.now()
			);
			return { token: made.token, expiresAt: made.expiresAt.toISOString() };
		}
	};
}
