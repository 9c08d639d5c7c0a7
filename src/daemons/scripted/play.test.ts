import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Scenario, type ScenarioInput } from '#protocol/runner/scenario.ts';
import { makeFolder } from '../runner/testing/runner.ts';
import { createReportReader } from '../work-report.ts';
import { playScenario } from './play.ts';

async function play(
	cwd: string,
	input: ScenarioInput,
	village = ['/bin/false'],
	typed: string[] = []
) {
	let shown = '';
	const code = await playScenario(Scenario.parse({ speed: 0, ...input }), {
		cwd,
		env: { PATH: process.env.PATH },
		write: (text) => (shown += text),
		sleep: () => Promise.resolve(),
		readLine: () => Promise.resolve(typed.shift() ?? null),
		village
	});
	const reports = createReportReader()
		.push(0, Buffer.from(shown))
		.map((one) => one.report);
	return { code, shown, reports };
}

test('files are really written, edited and read, children really run, and each act is reported', async () => {
	const cwd = makeFolder();
	const { code, shown, reports } = await play(cwd, {
		title: 'Bake',
		steps: [
			{ do: 'say', text: 'Let us see.' },
			{ do: 'write', path: 'src/a.txt', content: 'one two\n' },
			{ do: 'edit', path: 'src/a.txt', find: 'two', replace: 'three' },
			{ do: 'read', path: 'src/a.txt' },
			{ do: 'run', argv: ['sh', '-c', 'exit 3'], test: true, expect: 3 },
			{ do: 'type', text: 'done' },
			{ do: 'read_line' },
			{ do: 'exit', code: 4 }
		]
	});
	expect(code).toBe(4);
	expect(readFileSync(join(cwd, 'src/a.txt'), 'utf8')).toBe('one three\n');
	expect(shown).toContain('Let us see.');
	expect(reports.map((one) => one.kind)).toEqual([
		'session_start',
		'message',
		'file_create',
		'file_edit',
		'file_read',
		'test_run',
		'error',
		'message',
		'session_end'
	]);
	expect(reports[5]).toMatchObject({ command: 'sh -c exit 3', exitCode: 3 });
});

test('an answer decides how it goes on; anything but an allow is not an allow', async () => {
	const cwd = makeFolder();
	const steps: ScenarioInput['steps'] = [
		{ do: 'ask', action: 'merge', summary: 'Merge?', onDeny: 'skip', skip: 1 },
		{ do: 'write', path: 'merged', content: '' },
		{ do: 'exit', code: 0 }
	];
	await play(cwd, { steps }, ['/bin/false']);
	expect(existsSync(join(cwd, 'merged'))).toBe(false);
	await play(cwd, { steps }, ['/bin/sh', '-c', 'exit 2']);
	expect(existsSync(join(cwd, 'merged'))).toBe(false);
	await play(cwd, { steps }, ['/bin/true']);
	expect(existsSync(join(cwd, 'merged'))).toBe(true);
});

test('a scenario may go round, as often as it says', async () => {
	const { reports } = await play(makeFolder(), {
		steps: [
			{ do: 'report', event: { kind: 'search', text: 'again' } },
			{ do: 'repeat', from: 0, times: 2 }
		]
	});
	expect(reports.filter((one) => one.kind === 'search').length).toBe(3);
});

test('no step leaves the folder, and one that cannot be played ends it', async () => {
	const cwd = makeFolder();
	const outside = makeFolder();
	writeFileSync(join(outside, 'secret'), 'x');
	mkdirSync(join(cwd, 'in'));
	symlinkSync(outside, join(cwd, 'in/link'));
	for (const step of [
		{ do: 'write', path: '../x', content: '' },
		{ do: 'write', path: '/tmp/x', content: '' },
		{ do: 'write', path: 'in/link/x', content: '' },
		{ do: 'read', path: 'in/link/secret' },
		{ do: 'edit', path: 'absent', find: 'a', replace: 'b' },
		{ do: 'run', argv: ['no-such-program-here'] },
		{ do: 'run', argv: ['/bin/false'] }
	] as ScenarioInput['steps'])
		await expect(play(cwd, { steps: [step] })).rejects.toMatchObject({ code: 'SCENARIO_FAILED' });
	expect(existsSync(join(outside, 'x'))).toBe(false);
});
