// Where a repository is said to lie, checked as far as that can be done without its machine.
import { localPathProblem, refProblem, repoUrlProblem } from '#domain/repo.ts';
import { missing } from '#server/auth/actor.ts';
import type { Db } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { findRunner, type Runner } from '#server/runners/store.ts';
import type { AddHouse } from './service.ts';

/** An address, or a folder of a runner; and what the house is called unless somebody says otherwise. */
export interface HousePlace {
	url: string | null;
	localPath: string | null;
	runnerId: string | null;
	name: string;
}

/** Checks where a repository is said to lie; throws `VALIDATION_ERROR` before anything is started. */
export async function placeOf(
	{ db, rootsOf }: { db: Db; rootsOf(runner: Runner): string[] },
	input: AddHouse,
	orgId: string
): Promise<HousePlace> {
	const refuse = (path: string, message: string) =>
		new AppError('VALIDATION_ERROR', message, { issues: [{ path, message }] });
	if (input.branch) {
		const problem = refProblem(input.branch);
		if (problem) throw refuse('branch', `This branch cannot be used: ${problem}.`);
	}
	if (input.source === 'git_url') {
		const url = input.url?.trim() ?? '';
		const problem = repoUrlProblem(url);
		if (problem) throw refuse('url', `This address cannot be used: ${problem}.`);
		return { url, localPath: null, runnerId: null, name: lastPart(url.replace(/\.git\/?$/, '')) };
	}
	if (!input.runnerId) throw refuse('runnerId', 'Say on which runner the folder lies.');
	const runner = await findRunner(db, input.runnerId);
	if (!runner || runner.orgId !== orgId) throw missing('RUNNER_NOT_FOUND');
	const path = (input.path ?? '').replace(/(.)\/+$/, '$1');
	const problem = localPathProblem(path);
	if (problem) throw refuse('path', `This folder cannot be used: ${problem}.`);
	// The runner resolves links and checks again; here only what can be said without its disk.
	const roots = rootsOf(runner);
	const inside = roots.some(
		(root) => path === root || path.startsWith(`${root.replace(/\/$/, '')}/`)
	);
	if (!inside)
		throw refuse(
			'path',
			roots.length === 0
				? 'This runner allows no local folders. Start it with --allow-local DIR.'
				: `This runner allows folders below ${roots.join(', ')}.`
		);
	return { url: null, localPath: path, runnerId: runner.id, name: lastPart(path) };
}

const lastPart = (path: string) => path.split(/[/:]/).filter(Boolean).at(-1) ?? path;
