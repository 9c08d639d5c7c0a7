// A server whose agents ask: started with our rules, looked at, started again with exact ones where a person's own
// configuration says otherwise, and not used when even that does not help.
import { z } from 'zod';
import type { Api } from './api.ts';
import { governedEnv } from './environment.ts';
import { commonRules, exactRules, ListedAgents, lostDenial, unasked } from './rules.ts';
import type { ListedAgent } from './rules.ts';
import { startServer, type Server } from './server.ts';

const Config = z.object({ mcp: z.record(z.string(), z.unknown()).nullish() });

/** An agent may act without asking, and nothing we can set keeps it from that. */
export class Ungoverned extends Error {}

interface Look {
	agents: ListedAgent[];
	/** MCP servers of the configuration. */
	servers: string[];
}

async function look(api: Api): Promise<Look> {
	const agents = ListedAgents.parse(await api.get('/agent'));
	const { mcp } = Config.parse(await api.get('/config'));
	return { agents, servers: Object.keys(mcp ?? {}) };
}

/** Rejects, `Ungoverned` in words for a person, when an agent of this server may act without asking. */
export async function checkGoverned(api: Api): Promise<void> {
	const { agents, servers } = await look(api);
	for (const agent of agents) {
		const [first] = unasked(agent, servers);
		if (first !== undefined)
			throw new Ungoverned(`opencode's agent "${agent.name}" may use ${first} without asking`);
	}
}

/** Starts a server of which every agent asks before it acts. Rejects when it does not start, or cannot be made to ask. */
export async function startGoverned(
	program: readonly string[],
	{ cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }
): Promise<Server> {
	const common = commonRules();
	const first = await startServer(program, { cwd, env: governedEnv(env, common) });
	let exact: Look;
	try {
		exact = await look(first.api);
		const { agents, servers } = exact;
		if (agents.every((one) => unasked(one, servers).length === 0 && !lostDenial(one))) return first;
	} catch (error) {
		await first.stop();
		throw error;
	}
	await first.stop();
	const agent = Object.fromEntries(
		exact.agents.map((one) => [one.name, exactRules(one, exact.servers)])
	);
	const { permission } = common;
	const second = await startServer(program, { cwd, env: governedEnv(env, { permission, agent }) });
	try {
		await checkGoverned(second.api);
		return second;
	} catch (error) {
		await second.stop();
		throw error;
	}
}
