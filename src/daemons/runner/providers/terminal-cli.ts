// An agent CLI whose own terminal interface runs in our terminal (level L1).
import type { ProviderId } from '#domain/provider.ts';
import { findProgram, versionOf } from './probe.ts';
import { TERMINAL_ONLY, type Machine, type Provider } from './provider.ts';

/** What is particular about one CLI. */
export interface TerminalCli {
	id: ProviderId;
	/** Name of the program on PATH. */
	program: string;
	credentials: readonly string[];
	/** The CLI's own documented, non-interactive check of being signed in; absent: `unknown`. */
	signedIn?(path: string, machine: Machine): Promise<'ok' | 'missing' | 'unknown'>;
	/** What a person runs to sign in. */
	signIn?: string;
}

/** Makes a provider of a CLI. */
export function terminalCli(cli: TerminalCli): Provider {
	return {
		id: cli.id,
		level: 'L1',
		capabilities: TERMINAL_ONLY,
		credentials: cli.credentials,
		reports: 'none',
		async detect(machine) {
			const path = findProgram(cli.program, machine.env);
			if (!path) return null;
			const [version, auth] = await Promise.all([
				versionOf(path, machine.env),
				cli.signedIn?.(path, machine) ?? ('unknown' as const)
			]);
			return {
				id: cli.id,
				path,
				...(version ? { version } : {}),
				level: 'L1',
				auth,
				...(auth === 'missing' && cli.signIn ? { missing: [cli.signIn] } : {}),
				capabilities: TERMINAL_ONLY
			};
		},
		command(_spec, context) {
			const path = findProgram(cli.program, context.env);
			if (!path)
				return { ok: false, code: 'no_provider', message: `${cli.program} is not installed here` };
			return { ok: true, argv: [path] };
		}
	};
}
