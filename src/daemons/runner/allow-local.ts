// Which folders of this machine a house may use: those below a root that the runner's owner allowed, and no others.
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { localPathProblem } from '#domain/repo.ts';

export type LocalFolder = { ok: true; path: string } | { ok: false; message: string };

/**
 * Resolves every link of a path and checks that what it leads to lies below an allowed root (or is one).
 * A path outside is answered like one that does not exist: nobody learns what else is on the machine.
 */
export async function resolveLocal(path: string, roots: readonly string[]): Promise<LocalFolder> {
	const problem = localPathProblem(path);
	if (problem) return { ok: false, message: problem };
	const refused: LocalFolder = {
		ok: false,
		message: 'no folder of that name below a folder this runner was allowed to use'
	};
	let real: string;
	try {
		real = await realpath(path);
		if (!(await stat(real)).isDirectory()) return refused;
	} catch {
		return refused;
	}
	for (const root of roots) {
		if (!isAbsolute(root)) continue;
		try {
			const allowed = await realpath(root);
			if (real === allowed || real.startsWith(allowed === sep ? sep : allowed + sep))
				return { ok: true, path: real };
		} catch {
			// A root that does not exist allows nothing.
		}
	}
	return refused;
}
