import { HostLockedError } from './lock.ts';
import { runSessionHost } from './main.ts';
import type { SessionHost, SessionHostOptions } from './main.ts';

/** Exit code when another host has the folder (control-plane.md 1). */
const LOCKED = 3;

/**
 * Runs a host as this process's only task, until it has ended; returns the exit code. SIGTERM ends
 * it with its sessions; SIGINT and SIGHUP are for the terminal it was started from, not for it.
 */
export async function serveSessionHost(options: SessionHostOptions): Promise<number> {
	const log = options.log ?? ((line: string) => console.log(new Date().toISOString(), line));
	let host: SessionHost;
	try {
		host = await runSessionHost({ ...options, log });
	} catch (error) {
		if (!(error instanceof HostLockedError)) throw error;
		log(error.message);
		return LOCKED;
	}
	process.on('SIGINT', () => undefined);
	process.on('SIGHUP', () => undefined);
	process.on('SIGTERM', () => void host.close());
	// Every session would die with this process: a fault in one is written down and the rest goes on.
	process.on('uncaughtException', (error) => log(`fault: ${error.stack ?? String(error)}`));
	process.on('unhandledRejection', (error) => log(`fault: ${String(error)}`));
	await host.closed;
	return 0;
}
