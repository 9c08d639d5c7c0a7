// What a house looks like from outside: its main language and its size.
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { git } from './git.ts';

/** Most files that are counted in a folder that is not a repository. */
const MAX_FILES = 20_000;

const LANGUAGES: Record<string, string> = {
	'.c': 'C',
	'.h': 'C',
	'.cc': 'C++',
	'.cpp': 'C++',
	'.hpp': 'C++',
	'.cs': 'C#',
	'.css': 'CSS',
	'.scss': 'CSS',
	'.dart': 'Dart',
	'.ex': 'Elixir',
	'.exs': 'Elixir',
	'.go': 'Go',
	'.hs': 'Haskell',
	'.html': 'HTML',
	'.java': 'Java',
	'.js': 'JavaScript',
	'.jsx': 'JavaScript',
	'.mjs': 'JavaScript',
	'.cjs': 'JavaScript',
	'.kt': 'Kotlin',
	'.lua': 'Lua',
	'.ml': 'OCaml',
	'.php': 'PHP',
	'.pl': 'Perl',
	'.py': 'Python',
	'.r': 'R',
	'.rb': 'Ruby',
	'.rs': 'Rust',
	'.scala': 'Scala',
	'.sh': 'Shell',
	'.bash': 'Shell',
	'.sql': 'SQL',
	'.svelte': 'Svelte',
	'.swift': 'Swift',
	'.ts': 'TypeScript',
	'.tsx': 'TypeScript',
	'.vue': 'Vue',
	'.zig': 'Zig'
};

/** Folders that hold what others wrote. */
const SKIPPED = new Set([
	'.git',
	'node_modules',
	'vendor',
	'dist',
	'build',
	'target',
	'.venv',
	'__pycache__'
]);

export interface Facts {
	language: string | null;
	files: number;
}

/** The language most files are written in; ties go to the first in the alphabet. */
export function factsOf(paths: Iterable<string>): Facts {
	const counts = new Map<string, number>();
	let files = 0;
	for (const path of paths) {
		files++;
		if (path.split('/').some((part) => SKIPPED.has(part))) continue;
		const language = LANGUAGES[extname(path).toLowerCase()];
		if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
	}
	const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
	return { language: best?.[0] ?? null, files };
}

/** Looks at a folder: the files git knows of, or, without git, those that lie there. */
export async function readFacts(
	cwd: string,
	isGit: boolean,
	from: NodeJS.ProcessEnv
): Promise<Facts> {
	if (isGit)
		return factsOf((await git(['ls-files', '-z'], { cwd, from })).split('\0').filter(Boolean));
	return factsOf(await walk(cwd));
}

/** Looks at what a branch of a bare repository holds. @throws GitError */
export async function readBareFacts(
	gitDir: string,
	ref: string,
	from: NodeJS.ProcessEnv
): Promise<Facts> {
	const names = await git(['--git-dir', gitDir, 'ls-tree', '-r', '-z', '--name-only', ref], {
		from
	});
	return factsOf(names.split('\0').filter(Boolean));
}

async function walk(root: string): Promise<string[]> {
	const found: string[] = [];
	const open = [''];
	while (open.length > 0 && found.length < MAX_FILES) {
		const dir = open.shift()!;
		let entries;
		try {
			entries = await readdir(join(root, dir), { withFileTypes: true });
		} catch {
			continue;
		}
		for (const entry of entries) {
			if (SKIPPED.has(entry.name)) continue;
			if (entry.isDirectory()) open.push(join(dir, entry.name));
			else if (entry.isFile()) found.push(join(dir, entry.name));
		}
	}
	return found.slice(0, MAX_FILES);
}
