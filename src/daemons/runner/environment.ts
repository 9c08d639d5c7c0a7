// The environment of a session, built from nothing (control-plane.md 4.5): what is not listed here does not reach the child.

/** Names a session's own `env` may not set: they change which programs run, or belong to us (control-plane.md 4.4). */
const FORBIDDEN =
	/^(?:PATH|HOME|SHELL|ENV|BASH_ENV|NODE_OPTIONS|PYTHONSTARTUP|LD_.*|DYLD_.*|GIT_.*|VILLAGE_.*)$/;
const NAME = /^[A-Z_][A-Z0-9_]{0,63}$/;

/** Most entries and bytes of a session's own `env`. */
export const MAX_ENV_ENTRIES = 64;
export const MAX_ENV_BYTES = 32_768;

/** Why a session's own variables are refused, in words, or null. Values are never part of the words. */
export function envProblem(env: Record<string, string>): string | null {
	const names = Object.keys(env);
	if (names.length > MAX_ENV_ENTRIES) return `more than ${MAX_ENV_ENTRIES} variables`;
	let bytes = 0;
	for (const name of names) {
		if (!NAME.test(name)) return `the name ${JSON.stringify(name.slice(0, 64))} is not allowed`;
		if (FORBIDDEN.test(name)) return `${name} may not be set`;
		if (env[name]!.includes('\u0000')) return `the value of ${name} holds U+0000`;
		bytes += name.length + Buffer.byteLength(env[name]!) + 2;
	}
	return bytes > MAX_ENV_BYTES ? `more than ${MAX_ENV_BYTES} bytes of variables` : null;
}

/** Variables that are taken over from the runner as they are. */
const PLAIN = ['HOME', 'LANG', 'TZ', 'TMPDIR', 'SHELL', 'USER', 'LOGNAME'];

export interface EnvironmentOptions {
	/** The runner's own environment. */
	from: NodeJS.ProcessEnv;
	/** Folder put first on PATH. */
	binDir: string;
	sessionId: string;
	/** Names of the provider's own credential variables. */
	credentials: readonly string[];
	/** The session's own variables, already checked with `envProblem`. */
	env: Record<string, string>;
}

/** The whole environment of a child. */
export function sessionEnvironment(options: EnvironmentOptions): Record<string, string> {
	const { from } = options;
	const env: Record<string, string> = {
		PATH: `${options.binDir}:${from.PATH || '/usr/local/bin:/usr/bin:/bin'}`,
		TERM: 'xterm-256color',
		LANG: 'C.UTF-8'
	};
	for (const name of Object.keys(from))
		if (PLAIN.includes(name) || name.startsWith('LC_')) copy(name);
	for (const name of options.credentials) copy(name);
	env.VILLAGE_SESSION_ID = options.sessionId;
	return { ...env, ...options.env };

	function copy(name: string): void {
		const value = from[name];
		if (value !== undefined && value !== '') env[name] = value;
	}
}

/** The environment for programs the runner itself asks things (`--version`, git): no secret of ours, no prompt. */
export function probeEnvironment(
	from: NodeJS.ProcessEnv,
	credentials: readonly string[] = []
): Record<string, string> {
	const env: Record<string, string> = {
		PATH: from.PATH || '/usr/local/bin:/usr/bin:/bin',
		LC_ALL: 'C'
	};
	for (const name of ['HOME', 'TMPDIR', 'USER', 'LOGNAME', ...credentials])
		if (from[name]) env[name] = from[name];
	return env;
}
