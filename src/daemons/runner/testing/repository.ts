// Real git repositories for tests.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './runner.ts';

export interface Repository {
	dir: string;
	/** Runs git there as a person would, and answers what it printed. */
	git(...args: string[]): string;
	/** Writes a file and the folders it lies in. */
	write(path: string, content: string | Buffer): void;
	/** Commits everything; answers the commit. */
	commit(message: string): string;
}

/** Git in a folder that is a repository. */
export function repositoryAt(dir: string): Repository {
	const git = (...args: string[]) =>
		execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
			cwd: dir,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe']
		}).trim();
	return {
		dir,
		git,
		write(path, content) {
			mkdirSync(dirname(join(dir, path)), { recursive: true });
			writeFileSync(join(dir, path), content);
		},
		commit(message) {
			git('add', '--all');
			git('commit', '--quiet', '--allow-empty', '--message', message);
			return git('rev-parse', 'HEAD');
		}
	};
}

/** A new repository with these files in one commit on `main`. */
export function makeRepository(files: Record<string, string>): Repository & { head: string } {
	const dir = join(makeFolder(), 'shop');
	mkdirSync(dir);
	const repository = repositoryAt(dir);
	repository.git('init', '--quiet', '--initial-branch', 'main');
	for (const [path, content] of Object.entries(files)) repository.write(path, content);
	return { ...repository, head: repository.commit('Begin') };
}
