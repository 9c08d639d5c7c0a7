// Variables a session may bring along (control-plane.md 4.4). Pure.

const NAME = /^[A-Z_][A-Z0-9_]{0,63}$/;
const FORBIDDEN =
	/^(PATH|HOME|SHELL|ENV|BASH_ENV|NODE_OPTIONS|PYTHONSTARTUP|LD_.*|DYLD_.*|GIT_.*|VILLAGE_.*)$/;
const MAX_ENTRIES = 64;
const MAX_BYTES = 32_768;

/** What is wrong with a session's variables, as `{path, message}`; empty when nothing is. */
export function envIssues(env: Record<string, string>): { path: string; message: string }[] {
	const issues: { path: string; message: string }[] = [];
	const entries = Object.entries(env);
	if (entries.length > MAX_ENTRIES)
		issues.push({ path: 'env', message: `At most ${MAX_ENTRIES} variables.` });
	let bytes = 0;
	for (const [name, value] of entries) {
		bytes += name.length + new TextEncoder().encode(value).length;
		if (!NAME.test(name))
			issues.push({ path: `env.${name.slice(0, 64)}`, message: 'Not a variable name.' });
		else if (FORBIDDEN.test(name))
			issues.push({ path: `env.${name}`, message: 'This variable may not be set.' });
		else if (value.includes('\0'))
			issues.push({ path: `env.${name}`, message: 'Holds a zero character.' });
	}
	if (bytes > MAX_BYTES) issues.push({ path: 'env', message: `At most ${MAX_BYTES} bytes.` });
	return issues;
}
