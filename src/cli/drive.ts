// `village drive SPEC.json`: what a session with a driven agent runs (docs/architecture.md, Agents).
import { readFileSync } from 'node:fs';
import { DRIVERS } from '#daemons/drive/drivers.ts';
import { runDriver } from '#daemons/drive/run-driver.ts';
import { DriveSpec } from '#daemons/drive/spec.ts';
import { readSessionDoor } from '#daemons/session-door/environment.ts';

const USAGE = 64;
const HELP = `Usage: village drive SPEC.json

Runs an agent inside a session: its own terminal interface in this terminal, its questions in the village's inbox.
Started by the runner.

Exit codes: that of the agent, 64 wrong usage, 70 a fault of the driver.
`;

/** Runs the agent; returns its exit code, or ends by the signal that ended it. */
export async function run(argv: string[]): Promise<number> {
	const [file, ...more] = argv;
	if (argv.includes('--help')) {
		process.stdout.write(HELP);
		return 0;
	}
	if (file === undefined || more.length > 0) {
		process.stderr.write(HELP);
		return USAGE;
	}
	const fail = (message: string, code: number): number => {
		process.stderr.write(`village drive: ${message}\r\n`);
		return code;
	};
	let spec: DriveSpec;
	try {
		spec = DriveSpec.parse(JSON.parse(readFileSync(file, 'utf8')));
	} catch (error) {
		return fail(`${file}: ${String(error).slice(0, 500)}`, USAGE);
	}
	const door = readSessionDoor(process.env);
	if (!door) return fail('this is not a session of a village', USAGE);
	return runDriver(await DRIVERS[spec.providerId](), spec, door, fail);
}
