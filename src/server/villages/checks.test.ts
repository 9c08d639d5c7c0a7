import { expect, test } from 'vitest';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';

const ROOT = '/srv/code';
const URL = 'https://example.org/shop.git';

/** A running runner that allows folders below `ROOT`. */
const withRoot = (t: TestApp) => connectRunner(t, undefined, { allowLocal: [ROOT] });

async function house(t: TestApp, id: string) {
	const all = await (await t.caller('owner')).houses.list({ villageId: t.villageId });
	return all.find((one) => one.id === id)!;
}

test('a folder becomes a house once its runner has seen it, with its language and its size', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const runner = await withRoot(t);
	const local = { villageId: t.villageId, source: 'local' as const, runnerId: runner.runnerId };
	const made = await owner.houses.add({ ...local, path: `${ROOT}/shop/` });
	expect(made).toMatchObject({
		name: 'shop',
		readiness: 'ready',
		language: 'TypeScript',
		files: 42
	});
	const asked = await runner.next('house.check');
	expect(asked).toMatchObject({ local: { path: `${ROOT}/shop` } });
	expect(asked).not.toHaveProperty('houseId');
});

test('a folder that is not there is refused in the words of its runner, and no house is made', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const runner = await withRoot(t);
	runner.seesHouse = { ok: false, message: 'no folder of that name' };
	const add = owner.houses.add({
		villageId: t.villageId,
		source: 'local',
		runnerId: runner.runnerId,
		path: `${ROOT}/nothing`
	});
	await expect(add).rejects.toMatchObject({
		cause: {
			code: 'VALIDATION_ERROR',
			details: {
				issues: [{ path: 'path', message: expect.stringContaining('no folder of that name') }]
			}
		}
	});
	expect(await owner.houses.list({ villageId: t.villageId })).toEqual([]);
});

test('a folder of a runner that is away, or says nothing, makes no house either', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const runner = await withRoot(t);
	const local = {
		villageId: t.villageId,
		source: 'local' as const,
		runnerId: runner.runnerId,
		path: `${ROOT}/shop`
	};
	runner.seesHouse = null;
	const silent = owner.houses.add(local);
	await runner.next('house.check');
	await expect(silent).rejects.toMatchObject({ cause: { code: 'RUNNER_TIMEOUT' } });
	runner.close();
	await until(() => !t.app.links.isOnline(runner.runnerId));
	await expect(owner.houses.add(local)).rejects.toMatchObject({
		cause: { code: 'RUNNER_OFFLINE' }
	});
	expect(await owner.houses.list({ villageId: t.villageId })).toEqual([]);
}, 20_000);

test('an address is fetched as soon as its house stands, and the branch is the one the repository names', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const runner = await connectRunner(t);
	runner.seesHouse = null;
	const made = await owner.houses.add({ villageId: t.villageId, source: 'git_url', url: URL });
	expect(made.readiness).toBe('checking');
	const asked = await runner.next('house.check');
	expect(asked).toMatchObject({ houseId: made.id, repo: { url: URL } });
	expect(asked.repo).not.toHaveProperty('branch');
	const { requestId, houseId } = asked;
	const facts = { language: 'Go', files: 7, branch: 'trunk' };
	runner.say({ t: 'house.checked', requestId, houseId, ok: true, ...facts });
	const seen = await until(async () => {
		const now = await house(t, made.id);
		return now.readiness === 'ready' && now;
	});
	expect(seen).toMatchObject({ language: 'Go', files: 7, defaultBranch: 'trunk' });
});

test('an address that cannot be fetched says why, and is tried again when somebody asks', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const runner = await connectRunner(t);
	runner.seesHouse = { ok: false, message: 'Repository not found' };
	const made = await owner.houses.add({ villageId: t.villageId, source: 'git_url', url: URL });
	const failed = await until(async () => {
		const now = await house(t, made.id);
		return now.readiness === 'failed' && now;
	});
	expect(failed.readinessNote).toBe('Repository not found');
	runner.seesHouse = { ok: true, language: 'Go', files: 7 };
	expect((await owner.houses.check({ houseId: made.id })).readiness).toBe('checking');
	await until(async () => (await house(t, made.id)).readiness === 'ready');
	expect((await house(t, made.id)).readinessNote).toBeNull();
});

test('without a runner a house waits for the first that comes; a runner that forgot is asked again', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const made = await owner.houses.add({ villageId: t.villageId, source: 'git_url', url: URL });
	expect(made.readiness).toBe('unknown');
	await expect(owner.houses.check({ houseId: made.id })).rejects.toMatchObject({
		cause: { code: 'RUNNER_OFFLINE' }
	});
	const runner = await connectRunner(t);
	runner.seesHouse = null;
	await runner.next('house.check', (frame) => frame.houseId === made.id);
	await until(async () => (await house(t, made.id)).readiness === 'checking');
	runner.close();
	await until(() => !t.app.links.isOnline(runner.runnerId));
	const again = await connectRunner(t, {
		runnerId: runner.runnerId,
		credential: runner.credential
	});
	await until(async () => (await house(t, made.id)).readiness === 'ready');
	expect(again.received.some((frame) => frame.t === 'house.check')).toBe(true);
});

test('a removed runner hands what it was fetching to another, and its late answer counts no more', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const first = await connectRunner(t);
	first.seesHouse = null;
	const made = await owner.houses.add({ villageId: t.villageId, source: 'git_url', url: URL });
	await first.next('house.check');
	const second = await connectRunner(t);
	second.seesHouse = null;
	await owner.runners.deregister({ runnerId: first.runnerId });
	const { requestId, houseId } = await second.next('house.check', (f) => f.houseId === made.id);
	expect((await house(t, made.id)).readiness).toBe('checking');
	second.say({ t: 'house.checked', requestId, houseId, ok: true, language: 'Go', files: 7 });
	await until(async () => (await house(t, made.id)).readiness === 'ready');
});

test('a runner says nothing of houses that it was not asked to look at', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const asked = await connectRunner(t);
	asked.seesHouse = null;
	const made = await owner.houses.add({ villageId: t.villageId, source: 'git_url', url: URL });
	const { requestId } = await asked.next('house.check');
	const other = await connectRunner(t);
	const lie = other.say({
		t: 'house.checked',
		requestId,
		houseId: made.id,
		ok: false,
		message: 'burnt down',
		language: null,
		files: null
	});
	await until(() => other.received.some((f) => f.t === 'ack' && f.seq >= lie));
	expect((await house(t, made.id)).readiness).toBe('checking');
});
