// The demo village: made by one call, removed by one button, marked in every row, outside every limit.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { and, eq, inArray, isNull } from 'drizzle-orm';
import { ACTIVE_STATES, isTerminal } from '#domain/session.ts';
import { demand, systemActor, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { runners } from '#server/db/schema/runners.ts';
import { sessions as sessionRows } from '#server/db/schema/sessions.ts';
import { agents, houses, villages as villageRows } from '#server/db/schema/villages.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import type { RunnerLinks } from '#server/runners/links.ts';
import type { Sessions } from '#server/sessions/service.ts';
import { lockSession } from '#server/sessions/store.ts';
import type { Transition } from '#server/sessions/transition.ts';
import { houseView, plotOf } from '#server/villages/store.ts';
import { newId } from '#server/new-id.ts';
import type { Villages } from '#server/villages/service.ts';
import { BAKERY, DEMO_SESSIONS } from './scenarios.ts';

export interface Demo {
	/** Makes the house and starts its agents. Starting it twice changes nothing. Throws `RUNNER_OFFLINE` without a local runner. */
	start(actor: Actor, orgId: string): Promise<{ houseId: string; sessions: number }>;
	/** Stops and removes everything that carries the mark. */
	remove(actor: Actor, orgId: string): Promise<{ ok: true }>;
}

/** The folder below which the demo's repository lies; the local runner is started with it as an allowed root. */
export const demoRoot = (dataDir: string) => join(dataDir, 'demo');

/** The same as runners name it: links resolved. The folder is made when it is not there. */
export function realDemoRoot(dataDir: string): string {
	const root = demoRoot(dataDir);
	mkdirSync(root, { recursive: true, mode: 0o700 });
	return realpathSync(root);
}

const run = promisify(execFile);

export function createDemo(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	config: Pick<Config, 'dataDir'>;
	sessions: Sessions;
	villages: Villages;
	transition: Transition;
	links: RunnerLinks;
}): Demo {
	const { db } = deps.database;
	const root = demoRoot(deps.config.dataDir);

	async function localRunner(orgId: string) {
		const online = await db
			.select()
			.from(runners)
			.where(
				and(
					eq(runners.orgId, orgId),
					eq(runners.local, true),
					eq(runners.connected, true),
					isNull(runners.deletedAt)
				)
			);
		const folder = realDemoRoot(deps.config.dataDir);
		const runner = online.find((r) => r.allowLocal.includes(folder) && deps.links.isOnline(r.id));
		if (!runner)
			throw new AppError(
				'RUNNER_OFFLINE',
				'The demo runs on this machine, and its runner is not connected. Start the village with "village up".'
			);
		return runner;
	}

	async function makeRepository(): Promise<string> {
		const dir = join(root, 'demo-bakery');
		if (existsSync(join(dir, '.git'))) return dir;
		rmSync(dir, { recursive: true, force: true });
		for (const [name, content] of Object.entries(BAKERY)) {
			mkdirSync(dirname(join(dir, name)), { recursive: true });
			writeFileSync(join(dir, name), content);
		}
		const git = (...args: string[]) =>
			run('git', ['-c', 'user.name=Demo bakery', '-c', 'user.email=demo@localhost', ...args], {
				cwd: dir
			});
		try {
			await git('init', '--quiet', '--initial-branch=main');
			await git('config', 'user.name', 'Demo bakery');
			await git('config', 'user.email', 'demo@localhost');
			await git('add', '.');
			await git('commit', '--quiet', '-m', 'Open the bakery');
		} catch (error) {
			rmSync(dir, { recursive: true, force: true });
			throw new AppError('CONFLICT', 'The demo needs the program git, which did not run here.', {
				cause: error instanceof Error ? error.message.slice(0, 200) : 'unknown'
			});
		}
		return dir;
	}

	return {
		async start(actor, orgId) {
			demand(actor, orgId, 'demo.manage');
			const [have] = await db
				.select()
				.from(houses)
				.where(and(eq(houses.orgId, orgId), eq(houses.demo, true)));
			if (have) return { houseId: have.id, sessions: 0 };
			const [village] = await db
				.select()
				.from(villageRows)
				.where(eq(villageRows.orgId, orgId))
				.limit(1);
			if (!village) throw new AppError('VILLAGE_NOT_FOUND', 'No such village.');
			const runner = await localRunner(orgId);
			const path = await makeRepository();
			const house = await deps.log.transact(async (tx, collect) => {
				const id = newId(deps.clock.now());
				const at = await plotOf(tx, village, id);
				const [row] = await tx
					.insert(houses)
					.values({
						id,
						x: at.x,
						y: at.y,
						orgId,
						villageId: village.id,
						name: 'demo-bakery',
						source: 'local',
						localPath: path,
						runnerId: runner.id,
						language: 'JavaScript',
						files: Object.keys(BAKERY).length,
						readiness: 'ready',
						demo: true,
						createdBy: actor.id
					})
					.returning();
				deps.villages.emitHouse(tx, collect, houseView(row!), orgId, actor.id);
				collect.add(orgId, {
					stream: `org:${orgId}`,
					type: 'demo.started',
					data: { houseId: id },
					actor: actor.id
				});
				return row!;
			});
			for (const { task, scenario } of DEMO_SESSIONS)
				await deps.sessions.create(systemActor('demo'), {
					orgId,
					providerId: 'scripted',
					houseId: house.id,
					task,
					scenario,
					timeoutMinutes: 120,
					demo: true
				});
			return { houseId: house.id, sessions: DEMO_SESSIONS.length };
		},
		async remove(actor, orgId) {
			demand(actor, orgId, 'demo.manage');
			const active = await db
				.select({ id: sessionRows.id })
				.from(sessionRows)
				.where(
					and(
						eq(sessionRows.orgId, orgId),
						eq(sessionRows.demo, true),
						inArray(sessionRows.state, [...ACTIVE_STATES])
					)
				);
			for (const { id } of active) {
				await deps.sessions
					.stop(systemActor('demo'), id, { force: true })
					.catch((error: unknown) => {
						if (!(error instanceof AppError)) throw error;
					});
			}
			await deps.log.transact(async (tx, collect) => {
				// Whatever has not confirmed its end by now is fenced off: the runner stops it as superseded.
				for (const { id } of active) {
					const session = await lockSession(tx, id);
					if (session && !isTerminal(session.state) && session.stopCause)
						await deps.transition(
							tx,
							collect,
							session,
							{ type: 'give_up_stopping' },
							{ actor: actor.id }
						);
				}
				collect.add(orgId, {
					stream: `org:${orgId}`,
					type: 'demo.removed',
					data: {},
					actor: actor.id
				});
				const gone = await tx
					.update(agents)
					.set({ deletedAt: deps.clock.now() })
					.where(and(eq(agents.orgId, orgId), eq(agents.demo, true), isNull(agents.deletedAt)))
					.returning();
				for (const agent of gone)
					collect.add(orgId, {
						stream: `village:${agent.villageId}`,
						type: 'agent_removed',
						data: { agentId: agent.id },
						actor: actor.id,
						villageId: agent.villageId,
						agentId: agent.id
					});
				const removed = await tx
					.delete(houses)
					.where(and(eq(houses.orgId, orgId), eq(houses.demo, true)))
					.returning();
				for (const house of removed)
					collect.add(orgId, {
						stream: `village:${house.villageId}`,
						type: 'house.removed',
						data: { houseId: house.id },
						actor: actor.id,
						villageId: house.villageId,
						houseId: house.id
					});
			});
			rmSync(root, { recursive: true, force: true });
			mkdirSync(root, { recursive: true, mode: 0o700 });
			return { ok: true };
		}
	};
}
