// A plain terminal: the user's own login shell, or bash, or sh.
import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import { findProgram, versionOf } from './probe.ts';
import { TERMINAL_ONLY, type Provider } from './provider.ts';

/** Programs that refuse a login on purpose. */
const NO_SHELL = new Set(['nologin', 'false', 'sync', 'halt', 'shutdown']);

/** Absolute path of the shell that sessions get. */
export function findShell(env: NodeJS.ProcessEnv): string {
	for (const path of [env.SHELL, loginShell()]) {
		if (!path || !isAbsolute(path) || NO_SHELL.has(basename(path))) continue;
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Named, but not there.
		}
	}
	return findProgram('bash', env) ?? '/bin/sh';
}

function loginShell(): string | null {
	try {
		return userInfo().shell;
	} catch {
		// A container's user may have no entry.
		return null;
	}
}

export const shell: Provider = {
	id: 'shell',
	level: 'L1',
	capabilities: TERMINAL_ONLY,
	credentials: [],
	reports: 'none',
	async detect(machine) {
		const path = findShell(machine.env);
		const version = await versionOf(path, machine.env);
		return {
			id: 'shell',
			path,
			...(version ? { version } : {}),
			level: 'L1',
			auth: 'ok',
			capabilities: TERMINAL_ONLY
		};
	},
	command: (_spec, context) => ({ ok: true, argv: [findShell(context.env)] })
};
