import { expect, test } from 'vitest';
import { governedEnv } from './environment.ts';
import { commonRules, exactRules, lostDenial, unasked, type Permissions } from './rules.ts';

type Rule = { permission: string; pattern: string; action: 'allow' | 'deny' | 'ask' };
const rule = (permission: string, pattern: string, action: Rule['action']): Rule => ({
	permission,
	pattern,
	action
});
/** Rules as the program makes them of its configuration. */
const layer = (permissions: Permissions): Rule[] =>
	Object.entries(permissions).flatMap(([permission, value]) =>
		typeof value === 'string'
			? [rule(permission, '*', value)]
			: Object.entries(value).map(([pattern, action]) => rule(permission, pattern, action))
	);
const DEFAULTS = [rule('*', '*', 'allow'), rule('doom_loop', '*', 'ask')];
const common = layer(commonRules().permission);
const agent = (...permission: Rule[]) => ({ name: 'build', permission });

test('an agent of the program itself may act without asking, and with the common rules it asks', () => {
	const acts = ['bash', 'edit', 'webfetch', 'websearch'];
	expect(unasked(agent(...DEFAULTS), [])).toEqual(acts);
	expect(unasked(agent(...DEFAULTS, ...common), [])).toEqual([]);
	expect(lostDenial(agent(...DEFAULTS, ...common))).toBe(false);
});

test.each<[string, Rule[]]>([
	['everything', [rule('*', '*', 'allow')]],
	['a command', [rule('bash', '*', 'ask'), rule('bash', 'git *', 'allow')]],
	['a name with a wildcard', [rule('ba*', '*', 'allow')]]
])('what an agent of a person may do without asking is seen: %s', (_, rules) => {
	const one = agent(...DEFAULTS, ...common, ...rules);
	expect(unasked(one, [])).toContain('bash');
	const exact = layer(exactRules(one, []));
	expect(unasked(agent(...one.permission, ...exact), [])).toEqual([]);
});

test('what a person never allows stays so', () => {
	const theirs = [rule('bash', 'rm *', 'deny'), rule('bash', 'rm -i *', 'allow')];
	const one = agent(...DEFAULTS, ...theirs, ...common);
	expect(lostDenial(one)).toBe(true);
	const exact = exactRules(one, []);
	expect(exact['bas?']).toEqual({ '*': 'ask', 'rm *': 'deny', 'rm -i *': 'ask' });
	expect(lostDenial(agent(...one.permission, ...layer(exact)))).toBe(false);
});

test('an agent that plans keeps its hands off files, and may write its plan when asked', () => {
	const plan = [rule('edit', '*', 'deny'), rule('edit', '.opencode/plans/*.md', 'allow')];
	const rules = layer(commonRules().agent.plan!);
	const one = agent(...DEFAULTS, ...plan, ...common, ...rules);
	expect([unasked(one, []), lostDenial(one)]).toEqual([[], false]);
});

test('tools of MCP servers ask as well, and those that are denied stay denied', () => {
	const one = agent(...DEFAULTS, ...common, rule('my_db_drop', '*', 'deny'));
	expect(unasked(one, ['my db'])).toEqual(['my_db_x']);
	const exact = exactRules(one, ['my db']);
	expect(exact).toMatchObject({ 'my_db_**': 'ask', 'my_db_dro?': 'deny' });
	expect(unasked(agent(...one.permission, ...layer(exact)), ['my db'])).toEqual([]);
});

test('our rules stand behind those in the variables of the session, and all else there is kept', () => {
	const config = { model: 'a/b', agent: { plan: { prompt: 'Plan.', permission: 'allow' } } };
	const env = governedEnv(
		{
			PATH: '/bin',
			OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
			OPENCODE_PERMISSION: '{"read":"deny"}'
		},
		commonRules()
	);
	expect(env.PATH).toBe('/bin');
	const content = JSON.parse(env.OPENCODE_CONFIG_CONTENT!) as typeof config;
	expect(content).toMatchObject({ model: 'a/b', agent: { plan: { prompt: 'Plan.' } } });
	expect(Object.keys(content.agent.plan.permission)).toEqual(['*', 'edi?']);
	expect(JSON.parse(env.OPENCODE_PERMISSION!)).toEqual({
		read: 'deny',
		...commonRules().permission
	});
	for (const broken of [
		{ OPENCODE_CONFIG_CONTENT: '{' },
		{ OPENCODE_CONFIG_CONTENT: '7' },
		{ OPENCODE_PERMISSION: '{' }
	])
		expect(() => governedEnv(broken, commonRules())).toThrow(/OPENCODE_/);
});
