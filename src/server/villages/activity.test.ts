import { expect, test } from 'vitest';
import { testApp, until } from '#server/testing/app.ts';

test('a house tells its last day, newest first, and nothing of other houses', async () => {
	const t = await testApp();
	const owner = await t.caller('owner');
	const [village] = await owner.villages.list();
	const villageId = village!.id;
	const bakery = await owner.houses.add({
		villageId,
		source: 'git_url',
		url: 'https://git.example.org/bakery.git'
	});
	const mill = await owner.houses.add({
		villageId,
		source: 'git_url',
		url: 'https://git.example.org/mill.git'
	});
	const inBakery = await owner.sessions.create({
		orgId: t.orgId,
		providerId: 'shell',
		houseId: bakery.id
	});
	await owner.sessions.create({ orgId: t.orgId, providerId: 'shell', houseId: mill.id });
	await owner.sessions.stop({ sessionId: inBakery.id });
	const lines = await until(async () => {
		const day = await owner.houses.activity({ houseId: bakery.id });
		return day.length >= 2 && day;
	});
	expect(lines.map((event) => event.type)).toEqual(['session.ended', 'session.created']);
	expect(new Set(lines.map((event) => event.sessionId))).toEqual(new Set([inBakery.id]));
});

test('the day of an absent house is refused, and so are keys nobody knows', async () => {
	const t = await testApp();
	const viewer = await t.caller('viewer');
	await expect(viewer.houses.activity({ houseId: 'nowhere' })).rejects.toMatchObject({
		cause: { code: 'HOUSE_NOT_FOUND' }
	});
	await expect(
		viewer.houses.activity({ houseId: 'nowhere', all: true } as { houseId: string })
	).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});
