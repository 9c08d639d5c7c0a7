// Which repositories, refs and paths may reach git (control-plane.md 4.4). Pure; no process is started for what is refused here.

/** Longest URL of a repository, in characters. */
export const MAX_REPO_URL = 500;

/** Longest name of a branch, in characters. */
export const MAX_REF = 250;

const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const SCP_LIKE = /^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})@([^/:@]+):(?!\/\/)(.+)$/;

// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const CONTROL = /[\u0000-\u0020\u007f]|\p{Surrogate}/u;

/**
 * Why a URL is refused, in words, or null when it may be fetched.
 * Taken: `https://…`, `ssh://[user@]host[:port]/path`, `user@host:path`; never credentials, `file:`, a remote helper such
 * as `ext::`, a query, a fragment, or anything a program could take for an option.
 */
export function repoUrlProblem(url: string): string | null {
	if (url.length === 0) return 'the address is empty';
	if (url.length > MAX_REPO_URL) return `the address is longer than ${MAX_REPO_URL} characters`;
	if (CONTROL.test(url)) return 'the address holds white space or control characters';
	if (url.startsWith('-')) return 'the address starts with a dash';
	if (url.includes('\\')) return 'the address holds a backslash';
	if (url.includes('::')) return 'remote helpers are not allowed';
	if (/^(https|ssh):\/\//.test(url)) return parsedUrlProblem(url);
	if (url.includes('://')) return 'only https:// and ssh:// are allowed';
	const scp = SCP_LIKE.exec(url);
	if (!scp) return 'only https://, ssh:// and user@host:path are allowed';
	if (!HOST.test(scp[2]!)) return 'the host name is not valid';
	return pathProblem(scp[3]!);
}

function parsedUrlProblem(url: string): string | null {
	let parsed: URL;
	try {
		parsed = new URL(url);
	} catch {
		return 'the address is not a URL';
	}
	if (parsed.password !== '') return 'credentials in the address are not allowed';
	if (parsed.protocol === 'https:' && parsed.username !== '')
		return 'credentials in the address are not allowed';
	if (parsed.username !== '' && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(parsed.username))
		return 'the user name is not valid';
	if (url.includes('?') || url.includes('#')) return 'the address has a query or a fragment';
	const host = parsed.hostname.replace(/^\[([0-9a-fA-F:.]+)\]$/, '$1');
	if (!HOST.test(host) && !/^[0-9a-fA-F:.]+$/.test(host)) return 'the host name is not valid';
	if (parsed.pathname === '' || parsed.pathname === '/') return 'the address names no repository';
	return pathProblem(url.slice(url.indexOf('/', url.indexOf('://') + 3)));
}

function pathProblem(path: string): string | null {
	if (path.startsWith('-')) return 'the path starts with a dash';
	// ssh hands the path to a shell on the other side; git quotes it, servers behind git may not.
	if (/[`$;&|<>"'()*!{}]/.test(path)) return 'the path holds characters of a shell';
	if (path.split('/').includes('..')) return 'the path goes upwards';
	return null;
}

/** Whether a URL may be fetched. */
export function isRepoUrl(url: string): boolean {
	return repoUrlProblem(url) === null;
}

// eslint-disable-next-line no-control-regex -- git refuses control characters in names
const REF_FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\p{Surrogate}/u;

/** Why a branch name is refused (git's rules of `git check-ref-format --branch`), or null. */
export function refProblem(ref: string): string | null {
	if (ref.length === 0) return 'the branch is empty';
	if (ref.length > MAX_REF) return `the branch is longer than ${MAX_REF} characters`;
	if (ref.startsWith('-')) return 'the branch starts with a dash';
	if (REF_FORBIDDEN.test(ref)) return 'the branch holds characters git does not allow';
	if (ref.includes('..') || ref.includes('@{') || ref === '@' || ref.includes('//'))
		return 'the branch holds a sequence git does not allow';
	if (ref.startsWith('/') || ref.endsWith('/')) return 'the branch starts or ends with a slash';
	if (ref.endsWith('.')) return 'the branch ends with a dot';
	if (ref === 'HEAD') return 'HEAD is not the name of a branch';
	for (const part of ref.split('/')) {
		if (part.startsWith('.')) return 'a part of the branch starts with a dot';
		if (part.endsWith('.lock')) return 'a part of the branch ends with .lock';
	}
	return null;
}

/** Whether a string may name a branch. */
export function isRef(ref: string): boolean {
	return refProblem(ref) === null;
}

/** Whether a string is a full commit id (SHA-1 or SHA-256). */
export function isCommit(value: string): boolean {
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}

/** Why a path of a local folder is refused, or null. Where it leads is for the runner to find out. */
export function localPathProblem(path: string): string | null {
	if (path.length === 0) return 'the path is empty';
	if (path.length > 1000) return 'the path is longer than 1000 characters';
	// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
	if (/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(path)) return 'the path holds control characters';
	if (!path.startsWith('/')) return 'the path is not absolute';
	if (path.split('/').includes('..')) return 'the path goes upwards';
	return null;
}

/** Whether a path relative to a folder stays in it: not absolute, no `..`, no drive, no NUL. */
export function staysInside(path: string): boolean {
	if (path.length === 0 || path.length > 1000 || path.includes('\u0000')) return false;
	if (path.startsWith('/') || path.includes('\\')) return false;
	let depth = 0;
	for (const part of path.split('/')) {
		if (part === '..') return false;
		if (part !== '' && part !== '.') depth++;
	}
	return depth > 0;
}
