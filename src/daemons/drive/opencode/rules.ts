// What opencode's agents may do without asking, and the rules that make them ask (decision 015).
import { z } from 'zod';

const Rule = z.object({
	permission: z.string(),
	pattern: z.string(),
	action: z.enum(['allow', 'deny', 'ask'])
});
type Rule = z.infer<typeof Rule>;

/** An agent as the server lists it, with the rules in the order they are tried; the last that fits counts. */
export const ListedAgents = z.array(
	z.object({
		name: z.string(),
		hidden: z.boolean().nullish(),
		permission: z.array(Rule)
	})
);
export type ListedAgent = z.infer<typeof ListedAgents>[number];

type Ruling = 'ask' | 'deny';
/** Rules as configuration writes them. */
export type Permissions = Record<string, Ruling | Record<string, Ruling>>;

/**
 * What is always asked about. Written with a wildcard, a name is another key than the one people write, so that it stands
 * behind theirs and neither replaces it nor takes its place.
 */
const ACTS: Readonly<Record<string, string>> = {
	bash: 'bas?',
	edit: 'edi?',
	webfetch: 'webfetc?',
	websearch: 'websearc?'
};

/** How tools of an MCP server begin. */
const prefixOf = (server: string): string => `${server.replace(/[^a-zA-Z0-9_-]/g, '_')}_`;

function fits(name: string, glob: string): boolean {
	const source = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
	return new RegExp(`^${source.replace(/\?/g, '.')}$`, 's').test(name);
}

/** The rules about a name that can still count. */
function effective(rules: readonly Rule[], name: string): Rule[] {
	const about = rules.filter(({ permission }) => fits(name, permission));
	const at = about.findLastIndex(({ pattern }) => pattern === '*');
	if (at >= 0) return about.slice(at);
	return [{ permission: name, pattern: '*', action: 'ask' }, ...about];
}

/** Rules for every agent, whatever it is called; plan and exploration keep their hands off files. */
export function commonRules(): { permission: Permissions; agent: Record<string, Permissions> } {
	return {
		permission: Object.fromEntries(Object.values(ACTS).map((key) => [key, 'ask'])),
		agent: {
			plan: { [ACTS.edit!]: { '*': 'deny', '*opencode/plans/*.md': 'ask' } },
			explore: { [ACTS.edit!]: 'deny' }
		}
	};
}

/** Tools that an agent may have, one name for each kind that rules tell apart. */
function namesOf({ permission }: ListedAgent, servers: readonly string[]): string[] {
	const tools = servers
		.map(prefixOf)
		.flatMap((prefix) => [
			`${prefix}x`,
			...permission
				.filter((rule) => rule.permission.startsWith(prefix))
				.map((rule) => rule.permission.replace(/[*?]/g, 'x'))
		]);
	return [...Object.keys(ACTS), ...tools];
}

/** Names of what an agent may do without asking, though it is always to ask. */
export function unasked(agent: ListedAgent, servers: readonly string[]): string[] {
	return namesOf(agent, servers).filter((name) =>
		effective(agent.permission, name).some(({ action }) => action === 'allow')
	);
}

const isOurs = ({ permission }: Rule): boolean => Object.values(ACTS).includes(permission);

/** Whether the common rules took a person's own "never" away. */
export function lostDenial(agent: ListedAgent): boolean {
	if (agent.hidden) return false;
	const theirs = agent.permission.filter((rule) => !isOurs(rule));
	const denied = (rules: readonly Rule[], name: string): string[] =>
		effective(rules, name).flatMap(({ action, pattern }) => (action === 'deny' ? [pattern] : []));
	return Object.keys(ACTS).some((name) => {
		const kept = denied(agent.permission, name);
		return !kept.includes('*') && denied(theirs, name).some((pattern) => !kept.includes(pattern));
	});
}

/** An agent's own rules with every "always" turned into a question; what it may never do stays so. */
export function exactRules(agent: ListedAgent, servers: readonly string[]): Permissions {
	const theirs = agent.permission.filter((rule) => !isOurs(rule));
	const rules: Permissions = {};
	for (const [name, key] of Object.entries(ACTS)) {
		const patterns: Record<string, Ruling> = {};
		for (const { pattern, action } of effective(theirs, name)) {
			delete patterns[pattern];
			patterns[pattern] = action === 'deny' ? 'deny' : 'ask';
		}
		rules[key] = patterns;
	}
	for (const prefix of servers.map(prefixOf)) {
		const [whole] = effective(theirs, `${prefix}x`);
		rules[`${prefix}**`] = whole?.action === 'deny' ? 'deny' : 'ask';
		for (const { permission, pattern, action } of theirs)
			if (permission.startsWith(prefix) && action === 'deny' && pattern === '*')
				rules[permission.endsWith('*') ? `${permission}*` : `${permission.slice(0, -1)}?`] = 'deny';
	}
	return rules;
}
