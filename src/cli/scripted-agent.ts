// `village scripted-agent <scenario.json>`: what a session of the provider `scripted` runs.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { EX_SOFTWARE, playScenario, ScenarioError } from '#daemons/scripted/play.ts';
import { Scenario } from '#protocol/runner/scenario.ts';

const USAGE = 64;
const HELP = `Usage: village scripted-agent SCENARIO.json

Plays a scenario in this folder: a deterministic agent for the demo and for tests. Every act is real.

Exit codes: that of the scenario, 64 wrong usage, 70 a step could not be played.
`;

/** Plays a scenario; returns the exit code. */
export async function run(argv: string[]): Promise<number> {
	if (argv.includes('--help')) {
		process.stdout.write(HELP);
		return 0;
	}
	const [file, ...more] = argv;
	if (file === undefined || more.length > 0) {
		process.stderr.write(HELP);
		return USAGE;
	}
	let scenario: Scenario;
	try {
		scenario = Scenario.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch (error) {
		process.stderr.write(`village scripted-agent: ${file}: ${String(error).slice(0, 500)}\n`);
		return USAGE;
	}
	const input = createInterface({ input: process.stdin });
	const typed = input[Symbol.asyncIterator]();
	try {
		return await playScenario(scenario, {
			cwd: process.cwd(),
			env: process.env,
			write: (text) => void process.stdout.write(text),
			sleep: (ms) => sleep(ms),
			readLine: async () => {
				const next = await typed.next();
				return next.done ? null : next.value;
			},
			village: ['village']
		});
	} catch (error) {
		if (!(error instanceof ScenarioError)) throw error;
		process.stderr.write(`village scripted-agent: ${error.message}\n`);
		return EX_SOFTWARE;
	} finally {
		input.close();
		process.stdin.destroy();
	}
}
