// Runs a driver in the session this process belongs to, from its start to its exit code.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionDoorEnv } from '../session-door/environment.ts';
import type { Driver, DriverContext } from './driver.ts';
import { openDriverSession } from './session.ts';

/** A fault of the driver itself. */
const SOFTWARE = 70;

/** Returns the agent's exit code, 70 for a fault of the driver, or ends by the signal that ended the agent. */
export async function runDriver(
	driver: Driver,
	spec: DriverContext['spec'],
	door: SessionDoorEnv,
	fail: (message: string, code: number) => number
): Promise<number> {
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
