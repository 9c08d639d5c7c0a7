// Two things that happen to one session at the same moment, on whichever database: no state is lost, nothing starts twice.
import { expect } from 'vitest';
import type { TestEngine } from '#server/db/testing/database.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, type FrameOf, type TestRunner } from '#server/testing/runner.ts';
import type { Caller } from '#server/trpc/router.ts';

interface Scene {
	t: TestApp;
	owner: Caller;
	runner: TestRunner;
	/** Creates a session; `running` takes it to RUNNING too. */
	create(): Promise<string>;
	running(): Promise<FrameOf<'session.start'>>;
	get(sessionId: string): ReturnType<Caller['sessions']['get']>;
}

async function scene(engine: TestEngine): Promise<Scene> {
	const t = await testApp({}, engine);
	const owner = await t.caller('owner');
	const runner = await connectRunner(t);
	const get = (sessionId: string) => owner.sessions.get({ sessionId });
	const create = async () =>
		(await owner.sessions.create({ orgId: t.orgId, providerId: 'shell' })).id;
	return {
		t,
		owner,
		runner,
		create,
		get,
		async running() {
			const sessionId = await create();
			const start = await runner.run();
			expect(start.sessionId).toBe(sessionId);
			await until(async () => (await get(sessionId)).state === 'RUNNING');
			return start;
		}
	};
}

/** What must hold of a session whatever happened: numbers without holes, one end at most, one live placement at most. */
async function sound({ t, owner }: Scene, sessionId: string): Promise<void> {
	const { items } = await owner.sessions.events({ sessionId, limit: 500 });
	expect(items.map((event) => event.seq)).toEqual(items.map((_, index) => index + 1));
	const { endedAt } = await owner.sessions.get({ sessionId });
	expect(items.filter((event) => event.type === 'session.ended')).toHaveLength(endedAt ? 1 : 0);
	const [live] = await t.app.database.sql<{ n: number }[]>`
		select count(*)::int as n from session_attempts where session_id = ${sessionId} and ended_at is null`;
	expect(live!.n).toBeLessThanOrEqual(endedAt ? 0 : 1);
}

const ended = (s: Scene, sessionId: string) =>
	until(async () => {
		const session = await s.get(sessionId);
		return session.endedAt && session;
	}, 'the end');

/** Runs at the same time and says which went through, without letting a refusal stop the test. */
async function together(...works: (() => Promise<unknown>)[]) {
	return (await Promise.allSettled(works.map((work) => work()))).map((result) => result.status);
}

/** Every race by its sentence. */
export const RACES: Record<string, (engine: TestEngine) => Promise<void>> = {
	'a pause that meets the exit of its process does not keep the session alive': async (engine) => {
		const s = await scene(engine);
		const start = await s.running();
		const { sessionId, attempt } = start;
		const pausing = s.owner.sessions.pause({ sessionId }).catch(() => null);
		const { requestId } = await s.runner.next('session.pause');
		s.runner.exit(start, 0);
		s.runner.say({
			t: 'session.paused',
			sessionId,
			attempt,
			requestId,
			ok: true,
			method: 'signal'
		});
		expect(await ended(s, sessionId)).toMatchObject({ state: 'COMPLETED', exitCode: 0 });
		await pausing;
		await sound(s, sessionId);
	},
	'a stop that meets the exit ends the session once, by whichever was first': async (engine) => {
		const s = await scene(engine);
		const start = await s.running();
		const { sessionId } = start;
		await together(
			() => s.owner.sessions.stop({ sessionId }),
			async () => s.runner.exit(start, 0)
		);
		const session = await ended(s, sessionId);
		expect(session.exitCode).toBe(0);
		expect(['STOPPED', 'COMPLETED']).toContain(session.state);
		await sound(s, sessionId);
	},
	'a drain that meets an assignment: the session runs there once, or waits': async (engine) => {
		const s = await scene(engine);
		let sessionId = '';
		await together(
			async () => (sessionId = await s.create()),
			() => s.owner.runners.drain({ runnerId: s.runner.runnerId })
		);
		await s.t.app.scheduler.run();
		const placed = await s.get(sessionId);
		if (placed.runnerId) {
			await s.runner.run();
			await until(async () => (await s.get(sessionId)).state === 'RUNNING');
		} else expect(placed).toMatchObject({ state: 'QUEUED', phase: 'waiting' });
		await sound(s, sessionId);
		await s.owner.runners.activate({ runnerId: s.runner.runnerId });
		await s.t.app.scheduler.run();
		if (!placed.runnerId) await s.runner.run();
		await until(async () => (await s.get(sessionId)).state === 'RUNNING');
		expect(s.runner.received.filter((f) => f.t === 'session.start')).toHaveLength(1);
		await sound(s, sessionId);
	},
	'a removal of a runner that meets an assignment leaves no session behind on it': async (
		engine
	) => {
		const s = await scene(engine);
		let sessionId = '';
		await together(
			async () => (sessionId = await s.create()),
			() => s.owner.runners.deregister({ runnerId: s.runner.runnerId, force: true })
		);
		await until(async () => {
			await s.t.app.scheduler.run();
			const { state, phase, runnerId } = await s.get(sessionId);
			return state === 'QUEUED' && phase === 'waiting' && runnerId === null;
		}, 'the session to wait for another runner');
		const other = await connectRunner(s.t);
		await other.run();
		await until(async () => (await s.get(sessionId)).state === 'RUNNING');
		await sound(s, sessionId);
	},
	'two people resume at once: the session runs on, and nobody is told of a state that is not':
		async (engine) => {
			const s = await scene(engine);
			const { sessionId, attempt } = await s.running();
			const pausing = s.owner.sessions.pause({ sessionId });
			const { requestId } = await s.runner.next('session.pause');
			s.runner.say({
				t: 'session.paused',
				sessionId,
				attempt,
				requestId,
				ok: true,
				method: 'signal'
			});
			await pausing;
			const both = together(
				() => s.owner.sessions.resume({ sessionId }),
				() => s.owner.sessions.resume({ sessionId })
			);
			const answered = new Set<string>();
			await until(async () => {
				for (const frame of s.runner.received)
					if (frame.t === 'session.resume' && !answered.has(frame.requestId)) {
						answered.add(frame.requestId);
						s.runner.say({
							t: 'session.resumed',
							sessionId,
							attempt,
							requestId: frame.requestId,
							ok: true
						});
					}
				return (await Promise.race([both, Promise.resolve(null)])) !== null;
			}, 'both answers');
			expect(await both).toContain('fulfilled');
			expect((await s.get(sessionId)).state).toBe('RUNNING');
			const { items } = await s.owner.sessions.events({ sessionId, limit: 500 });
			const resumed = items.filter((event) => event.data.reason === 'resumed');
			expect(resumed).toHaveLength(1);
			await sound(s, sessionId);
		}
};
