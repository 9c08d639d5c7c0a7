// What the demo's agents do: everything is real (processes, files, tests, questions) except the model.
import type { ScenarioInput } from '#protocol/runner/scenario.ts';

/** Files of the throw-away repository; its test fails until the baker has mended the oven. */
export const BAKERY: Record<string, string> = {
	'README.md': '# Demo bakery\n\nA small program that bakes. One of its tests fails.\n',
	'package.json': '{ "name": "demo-bakery", "private": true, "type": "module" }\n',
	'src/oven.js': [
		'/** Minutes a loaf of that weight (grams) stays in the oven. */',
		'export function bakingMinutes(grams) {',
		'\tif (grams <= 0) return 0;',
		'\treturn Math.round(grams / 20);',
		'}',
		''
	].join('\n'),
	'src/oven.test.js': [
		"import assert from 'node:assert/strict';",
		"import test from 'node:test';",
		"import { bakingMinutes } from './oven.js';",
		'',
		"test('a loaf of 500 g bakes 25 minutes', () => assert.equal(bakingMinutes(500), 25));",
		"test('no loaf bakes longer than an hour', () => assert.equal(bakingMinutes(2000), 60));",
		''
	].join('\n'),
	'src/shop.js': "export const open = ['07:00', '13:00'];\n",
	'recipes/rye.md': '# Rye\n\n- 600 g rye flour\n- 420 g water\n- 12 g salt\n',
	'recipes/spelt.md': '# Spelt\n\n- 500 g spelt flour\n- 330 g water\n- 10 g salt\n'
};

const test = ['node', '--test', '--test-reporter=tap', 'src/'];

/** Finds a failing test, mends it, asks before it commits. */
const baker: ScenarioInput = {
	title: 'Mend the oven',
	steps: [
		{ do: 'say', text: 'A test of the oven fails. Let me look at it first.', kind: 'thinking' },
		{ do: 'sleep', ms: 1500 },
		{ do: 'run', argv: test, test: true, expect: 1 },
		{ do: 'sleep', ms: 2500 },
		{ do: 'read', path: 'src/oven.test.js' },
		{ do: 'sleep', ms: 1500 },
		{ do: 'read', path: 'src/oven.js' },
		{ do: 'sleep', ms: 2000 },
		{ do: 'say', text: 'Nothing keeps a heavy loaf from baking too long. I will add the limit.' },
		{
			do: 'edit',
			path: 'src/oven.js',
			find: 'return Math.round(grams / 20);',
			replace: 'return Math.min(60, Math.round(grams / 20));'
		},
		{ do: 'sleep', ms: 2500 },
		{ do: 'run', argv: test, test: true, expect: 0 },
		{ do: 'sleep', ms: 1500 },
		{ do: 'run', argv: ['git', '--no-pager', 'diff', '--stat'] },
		{
			do: 'ask',
			action: 'merge',
			summary: 'Commit the oven fix to the bakery',
			onDeny: 'skip',
			skip: 2
		},
		{ do: 'run', argv: ['git', 'commit', '--quiet', '-am', 'Bake no loaf longer than an hour'] },
		{ do: 'say', text: 'Committed. The oven is mended.' },
		{ do: 'sleep', ms: 1500 },
		{ do: 'exit', code: 0 }
	]
};

/** Writes recipes for as long as the demo lives. */
const scribe: ScenarioInput = {
	title: 'Keep the recipe book',
	steps: [
		{ do: 'say', text: 'I keep the recipe book in order.', kind: 'plan' },
		{ do: 'read', path: 'recipes/rye.md' },
		{ do: 'sleep', ms: 6000 },
		{ do: 'type', text: 'Rye wants a longer rest than spelt.\n' },
		{
			do: 'write',
			path: 'recipes/notes.md',
			content: '# Notes\n\nRye rests two hours, spelt one.\n'
		},
		{ do: 'sleep', ms: 5000 },
		{ do: 'read', path: 'recipes/spelt.md' },
		{ do: 'sleep', ms: 7000 },
		{ do: 'run', argv: ['git', 'status', '--short'] },
		{ do: 'sleep', ms: 9000 },
		{ do: 'repeat', from: 1, times: 0 }
	]
};

/** Looks after the shop; asks once before it installs something. */
const keeper: ScenarioInput = {
	title: 'Look after the shop',
	steps: [
		{ do: 'say', text: 'Are the opening hours right?', kind: 'thinking' },
		{ do: 'read', path: 'src/shop.js' },
		{ do: 'sleep', ms: 4000 },
		{ do: 'edit', path: 'src/shop.js', find: '13:00', replace: '14:00' },
		{ do: 'sleep', ms: 4000 },
		{
			do: 'ask',
			action: 'deps_add',
			summary: 'Add a calendar library for holidays?',
			onDeny: 'continue'
		},
		{ do: 'say', text: 'Then I go on with the hours.' },
		{ do: 'run', argv: ['node', '--check', 'src/shop.js'] },
		{ do: 'sleep', ms: 12000 },
		{ do: 'edit', path: 'src/shop.js', find: '14:00', replace: '13:00' },
		{ do: 'sleep', ms: 12000 },
		{ do: 'edit', path: 'src/shop.js', find: '13:00', replace: '14:00' },
		{ do: 'sleep', ms: 12000 },
		{ do: 'repeat', from: 9, times: 0 }
	]
};

/** The demo's sessions, in the order in which they start. */
export const DEMO_SESSIONS: { task: string; scenario: ScenarioInput }[] = [
	{ task: 'Mend the failing test of the oven', scenario: baker },
	{ task: 'Keep the recipe book in order', scenario: scribe },
	{ task: 'Check the opening hours', scenario: keeper }
];
