// Looking at a repository for the village: whether a folder may be used, whether an address can be fetched, what is in it.
import { readdir } from 'node:fs/promises';
import type { HouseCheck } from '#protocol/runner/house-check.ts';
import type { HouseChecked } from '#protocol/runner/house-checked.ts';
import type { Unnumbered } from '#protocol/envelope.ts';
import { resolveLocal } from './allow-local.ts';
import { readBareFacts, readFacts } from './facts.ts';
import { defaultBranch, repoProblem, withMirror, type MirrorOptions } from './mirror.ts';

type Answer = Pick<HouseChecked, 'ok'> &
	Partial<Pick<HouseChecked, 'message' | 'language' | 'files' | 'branch'>>;

/** What a check may use of the runner. */
export interface Surveyor extends MirrorOptions {
	allowLocal: readonly string[];
}

/** Longest reason that is told, in characters. */
const MAX_MESSAGE = 1000;
const CHECKS = 'house checks';

/** Looks at a house. Never throws: what went wrong is the answer. An address is fetched now, so that the first start need not wait for it. */
export async function checkHouse(
	surveyor: Surveyor,
	frame: Pick<HouseCheck, 'local' | 'repo'>
): Promise<Answer> {
	const { local, repo } = frame;
	try {
		if (local && !repo) return await checkFolder(surveyor, local.path);
		// One after the other: a village that comes with fifty houses must not start fifty fetches.
		if (repo && !local) return await surveyor.lock(CHECKS, () => checkRepository(surveyor, repo));
		return { ok: false, message: 'either a folder or an address is looked at' };
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		return { ok: false, message: message.slice(0, MAX_MESSAGE) };
	}
}

async function checkFolder(surveyor: Surveyor, path: string): Promise<Answer> {
	const folder = await resolveLocal(path, surveyor.allowLocal);
	if (!folder.ok) return folder;
	const isGit = (await readdir(folder.path)).includes('.git');
	const facts = await readFacts(folder.path, isGit, surveyor.from).catch(() =>
		// Git does not trust every folder; what lies there can be counted all the same.
		readFacts(folder.path, false, surveyor.from)
	);
	return { ok: true, ...facts };
}

async function checkRepository(
	surveyor: Surveyor,
	repo: NonNullable<HouseCheck['repo']>
): Promise<Answer> {
	const problem = repoProblem(repo);
	if (problem) return { ok: false, message: problem };
	const branch = repo.branch ?? (await defaultBranch(repo.url, surveyor));
	return withMirror(surveyor, { url: repo.url, branch }, async ({ gitDir, ref }) => ({
		ok: true,
		branch,
		...(await readBareFacts(gitDir, ref, surveyor.from))
	}));
}

/** The answer as a message to the server. */
export function answerOf(
	{ requestId, houseId }: Pick<HouseCheck, 'requestId' | 'houseId'>,
	answer: Answer
): Unnumbered<HouseChecked> {
	const { language = null, files = null, ...rest } = answer;
	return {
		t: 'house.checked',
		requestId,
		...(houseId ? { houseId } : {}),
		...rest,
		language,
		files
	};
}
