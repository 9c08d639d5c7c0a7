// `village drive SPEC.json`: what a session with a driven agent runs (docs/architecture.md, Agents).
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DRIVERS } from '#daemons/drive/drivers.ts';
import { openDriverSession } from '#daemons/drive/session.ts';
import { DriveSpec } from '#daemons/drive/spec.ts';
import { readSessionDoor } from '#daemons/session-door/environment.ts';

const USAGE = 64;
const SOFTWARE = 70;
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
	const driver = await DRIVERS[spec.providerId]();
	const session = openDriverSession(door, spec.askTimeoutMs);
	const folder = mkdtempSync(join(tmpdir(), 'village-drive-'));
	try {
		session.status('starting', 'guess');
		const { env } = process;
		const context = { spec, session, folder, env, cwd: process.cwd() };
		const end = await driver({ ...context, conversationId: randomUUID() });
		session.status('ended', 'protocol');
		await session.close();
		if (end.signal) {
			rmSync(folder, { recursive: true, force: true });
			process.kill(process.pid, end.signal);
			await new Promise((resolve) => setTimeout(resolve, 1000));
		}
		return end.code ?? SOFTWARE;
	} catch (error) {
		session.result(false, String(error));
		await session.close();
		return fail(error instanceof Error ? error.message : String(error), SOFTWARE);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
