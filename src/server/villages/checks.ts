// Asking runners to look at repositories: a folder before a house is made of it, an address once the house stands.
import { and, asc, eq, isNull, ne, or } from 'drizzle-orm';
import type { HouseCheck } from '#protocol/runner/house-check.ts';
import type { HouseChecked } from '#protocol/runner/house-checked.ts';
import type { Unnumbered } from '#protocol/envelope.ts';
import type { Clock } from '#server/clock.ts';
import { runners } from '#server/db/schema/runners.ts';
import { houses } from '#server/db/schema/villages.ts';
import type { Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector, EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import { tell } from '#server/runners/store.ts';
import { learnOfHouse, type House } from './store.ts';

type Answer = Pick<HouseChecked, 'ok' | 'message' | 'language' | 'files'>;

export interface HouseChecks {
	/**
	 * Asks a runner whether a folder may be used, and what lies in it.
	 * Throws `RUNNER_OFFLINE`, `RUNNER_TIMEOUT`, `VALIDATION_ERROR` (with `path`) in the runner's words.
	 */
	folder(runnerId: string, path: string): Promise<Pick<Answer, 'language' | 'files'>>;
	/** Has an address fetched by a runner that is there; without one the house waits for the next that comes. Returns the row. */
	fetch(tx: Tx, collect: Collector, house: House): Promise<House>;
	/** A runner has looked. */
	checked(tx: Tx, collect: Collector, runnerId: string, frame: HouseChecked): Promise<void>;
	/** A runner is there: it gets what it had not finished and what nobody has looked at yet. */
	runnerCame(runnerId: string): Promise<void>;
	/** A runner was removed: what it was to fetch waits for another. */
	runnerLeft(tx: Tx, collect: Collector, runnerId: string): Promise<void>;
}

/** How long a runner may take to look at a folder of its own. */
const FOLDER_MS = 10_000;
/** Houses that are given to one runner when it comes; the rest is taken up by the next one, or at the first start. */
const MOST_AT_ONCE = 50;

export function createHouseChecks(deps: {
	clock: Clock;
	log: EventLog;
	links: RunnerLinks;
	/** 10 s, shorter in tests. */
	folderMs?: number;
}): HouseChecks {
	const { clock, log, links } = deps;
	/** Folders somebody waits for; each ends by answer or timeout. */
	const waiting = new Map<string, { runnerId: string; answer: (answer: Answer) => void }>();

	function ask(runnerId: string, requestId: string): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				waiting.delete(requestId);
				reject(
					new AppError(
						'RUNNER_TIMEOUT',
						'The runner did not say in time whether it has this folder. No house was made.'
					)
				);
			}, deps.folderMs ?? FOLDER_MS);
			waiting.set(requestId, {
				runnerId,
				answer: (answer) => {
					clearTimeout(timer);
					waiting.delete(requestId);
					resolve(answer);
				}
			});
		});
	}

	const write = (
		tx: Tx,
		collect: Collector,
		house: House,
		change: Partial<typeof houses.$inferInsert>
	): Promise<House> => learnOfHouse(tx, collect, house, change, clock.now());

	async function give(tx: Tx, collect: Collector, house: House, runnerId: string): Promise<House> {
		const frame: Unnumbered<HouseCheck> = {
			t: 'house.check',
			requestId: newId(clock.now()),
			houseId: house.id,
			...(house.source === 'local'
				? { local: { path: house.localPath! } }
				: {
						repo: { url: house.url!, ...(house.branchGiven ? { branch: house.defaultBranch } : {}) }
					})
		};
		await tell(links, tx, collect, runnerId, frame);
		return write(tx, collect, house, {
			readiness: 'checking',
			readinessNote: null,
			checkedBy: runnerId
		});
	}

	return {
		async folder(runnerId, path) {
			if (!links.isOnline(runnerId))
				throw new AppError(
					'RUNNER_OFFLINE',
					'The runner of this folder is not connected, and only it can say whether the folder is there.'
				);
			const requestId = newId(clock.now());
			const answered = ask(runnerId, requestId);
			answered.catch(() => {});
			await log.transact((tx, collect) =>
				tell(links, tx, collect, runnerId, { t: 'house.check', requestId, local: { path } })
			);
			const answer = await answered;
			if (answer.ok) return answer;
			const message = `This folder cannot be used: ${answer.message ?? 'the runner does not say why'}.`;
			throw new AppError('VALIDATION_ERROR', message, { issues: [{ path: 'path', message }] });
		},
		async fetch(tx, collect, house) {
			const there = await tx
				.select({ id: runners.id })
				.from(runners)
				.where(
					and(eq(runners.orgId, house.orgId), eq(runners.mode, 'active'), isNull(runners.deletedAt))
				)
				.orderBy(asc(runners.lastAssignedAt), asc(runners.id));
			const runner = there.find(
				({ id }) => links.isOnline(id) && (house.source !== 'local' || id === house.runnerId)
			);
			return runner ? give(tx, collect, house, runner.id) : house;
		},
		async checked(tx, collect, runnerId, frame) {
			if (!frame.houseId) {
				const asked = waiting.get(frame.requestId);
				if (asked?.runnerId === runnerId) collect.after(() => asked.answer(frame));
				return;
			}
			const [house] = await tx
				.select()
				.from(houses)
				.where(eq(houses.id, frame.houseId))
				.for('update');
			// Removed meanwhile, or given to another runner, or a session has fetched it before.
			if (house?.readiness !== 'checking' || house.checkedBy !== runnerId) return;
			await write(
				tx,
				collect,
				house,
				frame.ok
					? {
							readiness: 'ready',
							language: frame.language,
							files: frame.files,
							...(frame.branch ? { defaultBranch: frame.branch } : {})
						}
					: { readiness: 'failed', readinessNote: frame.message ?? null }
			);
		},
		async runnerCame(runnerId) {
			await log.transact(async (tx, collect) => {
				const [runner] = await tx.select().from(runners).where(eq(runners.id, runnerId));
				if (!runner || runner.deletedAt) return;
				const open = await tx
					.select()
					.from(houses)
					.where(
						and(
							eq(houses.orgId, runner.orgId),
							eq(houses.demo, false),
							or(eq(houses.readiness, 'unknown'), eq(houses.readiness, 'checking')),
							or(ne(houses.source, 'local'), eq(houses.runnerId, runnerId))
						)
					)
					.orderBy(asc(houses.createdAt), asc(houses.id))
					.limit(MOST_AT_ONCE)
					.for('update');
				for (const house of open) {
					const elsewhere =
						house.readiness === 'checking' &&
						house.checkedBy !== runnerId &&
						house.checkedBy !== null &&
						links.isOnline(house.checkedBy);
					if (!elsewhere && runner.mode === 'active') await give(tx, collect, house, runnerId);
				}
			});
		},
		async runnerLeft(tx, collect, runnerId) {
			const left = await tx
				.select()
				.from(houses)
				.where(and(eq(houses.checkedBy, runnerId), eq(houses.readiness, 'checking')))
				.for('update');
			for (const house of left) {
				const freed = await write(tx, collect, house, { readiness: 'unknown', checkedBy: null });
				if (freed.source !== 'local') await this.fetch(tx, collect, freed);
			}
		}
	};
}
