// Deeds that were easy to forget: each leaves one row that says who did it and to what.
import { expect, test } from 'vitest';
import { encodeTerminalFrame, TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import { WebSocket } from 'ws';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';

async function rows(t: TestApp, action: string) {
	const owner = await t.caller('owner');
	return (await owner.orgs.audit({ orgId: t.orgId, action })).items;
}

test('changing how much a runner may carry, or its name, is on record with what it was before', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const { runnerId } = await connectRunner(t);
	await owner.runners.setCapacity({ runnerId, capacity: 9 });
	await owner.runners.rename({ runnerId, label: 'oven' });
	const target = { targetKind: 'runner', targetId: runnerId };
	expect(await rows(t, 'runner.capacity')).toMatchObject([
		{ ...target, detail: { from: 5, to: 9 } }
	]);
	expect(await rows(t, 'runner.rename')).toMatchObject([
		{ ...target, detail: { from: null, to: 'oven' } }
	]);
});

test('moving houses is one row, and a move that was refused is none', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const { villageId } = t;
	const house = await owner.houses.add({
		villageId,
		source: 'git_url',
		url: 'https://example.org/shop.git'
	});
	const houses = [{ id: house.id, x: 3, y: 4 }];
	await owner.villages.saveLayout({ villageId, version: 1, houses });
	await expect(owner.villages.saveLayout({ villageId, version: 1, houses })).rejects.toThrow();
	expect(await rows(t, 'village.arrange')).toMatchObject([
		{ targetId: villageId, detail: { version: 2, moved: 1, houses } }
	]);
});

test('input by a call is on record with its length, typing once per hold of the keyboard', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	await operator.sessions.input({ sessionId, data: 'make\n' });
	expect(await rows(t, 'terminal.input')).toMatchObject([
		{ targetId: sessionId, detail: { bytes: 5 } }
	]);

	const socket = new WebSocket(`${t.wsUrl}/ws/terminal`, {
		headers: { authorization: await t.bearer('operator') }
	});
	const heard: { t: string; stream?: number; holder?: unknown }[] = [];
	socket.on('message', (data: Buffer, binary) => {
		if (!binary) heard.push(JSON.parse(data.toString()) as (typeof heard)[0]);
	});
	await new Promise((resolve) => socket.once('open', resolve));
	const say = (message: object) => socket.send(JSON.stringify(message));
	say({ t: 'attach', ref: 1, sessionId });
	const { stream } = await until(() => heard.find((one) => one.t === 'attached'));
	let typed = 0;
	const hold = async (keys: number) => {
		heard.length = 0;
		say({ t: 'keyboard', stream, action: 'take' });
		await until(() => heard.some((one) => one.t === 'keyboard' && one.holder));
		for (let i = 0; i < keys; i++)
			socket.send(encodeTerminalFrame(TERMINAL_KIND.input, stream!, ++typed, Buffer.from('x')));
		await until(() => Buffer.concat(runner.input).toString().split('x').length - 1 === typed);
		say({ t: 'keyboard', stream, action: 'release' });
		await until(() => heard.some((one) => one.t === 'keyboard' && !one.holder));
	};
	await hold(4);
	await until(async () => (await rows(t, 'terminal.type')).length === 1);
	await hold(2);
	await until(async () => (await rows(t, 'terminal.type')).length === 2);
	expect((await rows(t, 'terminal.type'))[0]).toMatchObject({ targetId: sessionId, detail: {} });
	socket.close();
});

test('signing out is on record of the deployment', async () => {
	const t = await testApp();
	const { url } = await t.app.auth.loginLink();
	const code = url.slice(url.lastIndexOf('/') + 1);
	const login = await t.app.orgs.setup(code, { name: 'Ada' }, { ip: '127.0.0.1', agent: null });
	const actor = await t.app.auth.actorFromRequest({
		header: (name) => (name === 'cookie' ? `av_login=${login.token}` : undefined),
		cookieAllowed: true,
		transport: 'web',
		ip: '127.0.0.1'
	});
	await t.app.auth.signOut(actor!);
	const kept = await t.app.database.sql`
		select actor_id, target_id from audit_log where org_id is null and action = 'login.end'`;
	expect([...kept]).toEqual([{ actor_id: actor!.id, target_id: login.id }]);
});
