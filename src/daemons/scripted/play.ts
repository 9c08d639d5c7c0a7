// Plays a scenario: a deterministic agent whose every act is real (files, children, questions). Used by the demo and by tests.
import { spawn } from 'node:child_process';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { staysInside } from '#domain/repo.ts';
import type { Scenario, ScenarioStep } from '#protocol/runner/scenario.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { encodeReport } from '../work-report.ts';

/** What the agent acts through. */
export interface Stage {
	/** Folder it works in; no step leaves it. */
	cwd: string;
	env: NodeJS.ProcessEnv;
	write(text: string): void;
	sleep(ms: number): Promise<void>;
	/** Next line typed into the terminal, or null when there is none to come. */
	readLine(): Promise<string | null>;
	/** How `village` is called for a question: the program found on PATH. */
	village: readonly string[];
}

/** A step cannot be played: the agent ends with this message and exit code 70. */
export class ScenarioError extends Error {
	override name = 'ScenarioError';
	readonly code = 'SCENARIO_FAILED';
}

const DIM = '\u001b[2m';
const BOLD = '\u001b[1m';
const RESET = '\u001b[0m';
const RED = '\u001b[31m';
const GREEN = '\u001b[32m';

/** Exit code after a step that could not be played. */
export const EX_SOFTWARE = 70;

/** Plays to the end; answers the exit code. @throws ScenarioError */
export async function playScenario(scenario: Scenario, stage: Stage): Promise<number> {
	const rounds = new Map<number, number>();
	const pause = (ms: number) => (ms > 0 ? stage.sleep(ms * scenario.speed) : Promise.resolve());
	const tell = (report: WorkReport) => stage.write(encodeReport(report));

	stage.write(`${BOLD}${scenario.title}${RESET}\r\n`);
	tell({ kind: 'session_start', text: scenario.title });
	for (let at = 0; at < scenario.steps.length;) {
		const step = scenario.steps[at]!;
		at++;
		if (step.do === 'exit') {
			tell({ kind: 'session_end', exitCode: step.code });
			return step.code;
		}
		if (step.do === 'repeat') {
			const done = (rounds.get(at) ?? 0) + 1;
			rounds.set(at, done);
			if (step.times === 0 || done <= step.times) at = step.from;
			continue;
		}
		if (step.do === 'ask') {
			const allowed = await ask(step);
			if (!allowed && step.onDeny === 'exit') return 1;
			if (!allowed && step.onDeny === 'skip') at += step.skip;
			continue;
		}
		await play(step);
	}
	tell({ kind: 'completed', text: scenario.title });
	return 0;

	async function play(
		step: Exclude<ScenarioStep, { do: 'exit' | 'repeat' | 'ask' }>
	): Promise<void> {
		switch (step.do) {
			case 'say':
				tell({ kind: step.kind, text: step.text });
				stage.write(`${step.kind === 'thinking' ? DIM : ''}● ${lines(step.text)}${RESET}\r\n`);
				return pause(250);
			case 'type':
				for (const char of step.text) {
					stage.write(char === '\n' ? '\r\n' : char);
					await pause(step.msPerChar);
				}
				return stage.write('\r\n');
			case 'read': {
				const content = await readFile(await inside(step.path), 'utf8').catch(() =>
					fail(step.path)
				);
				tell({ kind: 'file_read', path: step.path });
				const count = content.split('\n').length;
				stage.write(`${DIM}read ${step.path} (${count} lines)${RESET}\r\n`);
				return pause(300);
			}
			case 'write': {
				const path = await inside(step.path);
				await mkdir(dirname(path), { recursive: true });
				await writeFile(path, step.content);
				tell({ kind: 'file_create', path: step.path });
				stage.write(`${GREEN}+ ${step.path}${RESET}\r\n`);
				return pause(400);
			}
			case 'edit': {
				const path = await inside(step.path);
				const before = await readFile(path, 'utf8').catch(() => fail(step.path));
				const found = before.indexOf(step.find);
				if (found < 0) throw new ScenarioError(`${step.path} does not hold the text to replace`);
				const end = found + step.find.length;
				await writeFile(path, before.slice(0, found) + step.replace + before.slice(end));
				tell({ kind: 'file_edit', path: step.path });
				stage.write(`${BOLD}${step.path}${RESET}\r\n`);
				for (const line of step.find.split('\n')) stage.write(`${RED}- ${line}${RESET}\r\n`);
				for (const line of step.replace.split('\n')) stage.write(`${GREEN}+ ${line}${RESET}\r\n`);
				return pause(400);
			}
			case 'run':
				return run(step);
			case 'sleep':
				return pause(step.ms);
			case 'read_line': {
				stage.write(step.prompt);
				const line = await stage.readLine();
				tell({ kind: 'message', text: `heard: ${line ?? '(end of input)'}`.slice(0, 4000) });
				return;
			}
			case 'report':
				return tell(step.event);
		}
	}

	async function run(step: Extract<ScenarioStep, { do: 'run' }>): Promise<void> {
		const command = step.argv.join(' ').slice(0, 4000);
		stage.write(`${BOLD}$ ${command}${RESET}\r\n`);
		const startedAt = performance.now();
		const code = await child(step.argv);
		tell({
			kind: step.test ? 'test_run' : 'command',
			command,
			exitCode: code,
			durationMs: Math.round(performance.now() - startedAt)
		});
		if (code !== 0) tell({ kind: 'error', text: `${command} ended with ${code}`, severity: 'low' });
		if (step.expect !== null && code !== step.expect)
			throw new ScenarioError(`${command} ended with ${code}, ${step.expect} was expected`);
		return pause(300);
	}

	async function ask(step: Extract<ScenarioStep, { do: 'ask' }>): Promise<boolean> {
		stage.write(`${BOLD}? ${step.summary}${RESET}\r\n`);
		const code = await child([
			...stage.village,
			'ask',
			'--action',
			step.action,
			'--',
			step.summary
		]);
		const answer = code === 0 ? 'allowed' : code === 1 ? 'denied' : 'not answered';
		tell({ kind: 'status_change', text: `${step.summary}: ${answer}` });
		stage.write(`${code === 0 ? GREEN : RED}${answer}${RESET}\r\n`);
		return code === 0;
	}

	/** A real child on the same terminal. */
	function child(argv: readonly string[]): Promise<number> {
		return new Promise((resolve, reject) => {
			const [program = '', ...args] = argv;
			const one = spawn(program, args, {
				cwd: stage.cwd,
				env: stage.env,
				stdio: ['ignore', 'inherit', 'inherit']
			});
			one.on('error', (error) => reject(new ScenarioError(`${program}: ${error.message}`)));
			one.on('close', (code, signal) => resolve(code ?? (signal ? 128 : EX_SOFTWARE)));
		});
	}

	/** Absolute path of a step's file, with every link resolved; outside the folder is refused. */
	async function inside(path: string): Promise<string> {
		if (!staysInside(path)) throw new ScenarioError(`${path} leaves the folder`);
		const root = await realpath(stage.cwd);
		const target = join(root, path);
		let there = target;
		for (;;) {
			const real = await realpath(there).catch(() => null);
			if (real === null) {
				there = dirname(there);
				continue;
			}
			if (real !== root && !real.startsWith(root + sep))
				throw new ScenarioError(`${path} leaves the folder`);
			return target;
		}
	}
}

function fail(path: string): never {
	throw new ScenarioError(`${path} cannot be read`);
}

function lines(text: string): string {
	return text.replaceAll('\n', '\r\n  ');
}
