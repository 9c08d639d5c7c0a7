import { expect, test } from 'vitest';
import { ModelAction } from '#protocol/model/scenario.ts';
import type { z } from 'zod';
import { callsFor, type Asker } from './tools.ts';
import type { Offer } from './parts.ts';

const asker = (offers: Offer[], more: Partial<Asker> = {}): Asker => ({
	offers,
	cwd: '/repo',
	planFile: null,
	...more
});
const named = (...names: string[]) => names.map((name) => ({ name }));
const told = (action: z.input<typeof ModelAction>, from: Asker) =>
	callsFor(ModelAction.parse(action), from);

test('a command is told in the tool that each program offers', () => {
	const shell = { do: 'shell', command: 'ls' } as const;
	const input = (name: string) => told(shell, asker(named(name)))[0];
	const both = { command: 'ls', description: 'Run a command' };
	expect(input('Bash')).toEqual({ kind: 'call', name: 'Bash', input: both });
	expect(input('bash')).toMatchObject({ name: 'bash', input: both });
	expect(input('run_shell_command')).toMatchObject({ input: both });
	expect(input('exec_command')).toMatchObject({ input: { cmd: 'ls' } });
	expect(input('shell')).toMatchObject({ input: { command: ['bash', '-lc', 'ls'] } });
});

test('a function inside a JavaScript tool is called by a script', () => {
	const within = { name: 'exec', namespace: 'functions' };
	const [call] = told(
		{ do: 'shell', command: 'echo "a"' },
		asker([
			{ name: 'exec', namespace: 'functions' },
			{ name: 'exec_command', within }
		])
	);
	expect(call).toEqual({
		kind: 'call',
		...within,
		input: 'text(await tools.exec_command({"cmd":"echo \\"a\\""}));\n'
	});
});

test('a relative path starts at the folder of the program, an absolute one stays', () => {
	const write = (path: string, cwd: string | null) =>
		told({ do: 'write', path, content: 'x' }, asker(named('Write'), { cwd }))[0];
	expect(write('a/b.txt', '/repo')).toMatchObject({ input: { file_path: '/repo/a/b.txt' } });
	expect(write('/x.txt', '/repo')).toMatchObject({ input: { file_path: '/x.txt' } });
	expect(write('a.txt', null)).toMatchObject({ input: { file_path: 'a.txt' } });
});

test('Codex gets patches: as a free-form tool, or as a command where it has no tool for them', () => {
	const write = { do: 'write', path: 'a.txt', content: 'one\ntwo\n' } as const;
	const patch = '*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** End Patch';
	expect(told(write, asker([{ name: 'apply_patch', freeform: true }]))).toMatchObject([
		{ name: 'apply_patch', input: patch }
	]);
	expect(told(write, asker(named('exec_command')))).toMatchObject([
		{ input: { cmd: `apply_patch <<'END_OF_PATCH'\n${patch}\nEND_OF_PATCH` } }
	]);
	const edit = { do: 'edit', path: 'a.txt', find: 'one', replace: 'three' } as const;
	expect(told(edit, asker([{ name: 'apply_patch', freeform: true }]))).toMatchObject([
		{ input: '*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+three\n*** End Patch' }
	]);
});

test('a plan is written down first where the program shows the file', () => {
	const plan = { do: 'plan', text: 'one\ntwo' } as const;
	const offers = named('Write', 'ExitPlanMode');
	expect(told(plan, asker(offers, { planFile: '/home/.claude/plans/p.md' }))).toMatchObject([
		{ name: 'Write', input: { file_path: '/home/.claude/plans/p.md', content: 'one\ntwo' } },
		{ name: 'ExitPlanMode', input: { plan: 'one\ntwo' } }
	]);
	expect(told(plan, asker(offers))).toMatchObject([{ name: 'ExitPlanMode' }]);
	const gemini = asker(named('write_file', 'exit_plan_mode'), { planFile: '/plans/plan.md' });
	expect(told(plan, gemini)).toMatchObject([
		{ name: 'write_file', input: { file_path: '/plans/plan.md' } },
		{ name: 'exit_plan_mode', input: { plan_filename: 'plan.md' } }
	]);
});

test('a call by name is passed on as it is, and what nobody offers is said in words', () => {
	expect(told({ do: 'call', name: 'X', input: { a: [1] } }, asker([]))).toEqual([
		{ kind: 'call', name: 'X', input: { a: [1] } }
	]);
	expect(told({ do: 'read', path: 'a' }, asker([]))).toEqual([
		{ kind: 'text', text: '(No tool for "read" is offered here.)' }
	]);
});
