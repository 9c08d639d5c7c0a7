import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Grants } from '#domain/permissions.ts';
import { readDown, type DownMessage } from '#protocol/village/down.ts';
import type { Actor } from '#server/auth/actor.ts';
import { createRevocations } from '#server/auth/revocation.ts';
import { systemClock } from '#server/clock.ts';
import { createLog } from '#server/log.ts';
import { openPresence, type PresenceTimes } from '#server/presence/presence.ts';
import { createUpgrades } from './upgrade.ts';
import { createVillageDoor } from './village.ts';

const ORGS: Record<string, string> = { meadow: 'org-a', elsewhere: 'org-b' };

/** The bearer token is the person's name; everybody is a viewer of org-a. */
function actorNamed(name: string): Actor {
	const viewer: Grants = { role: 'viewer', approve: null, scopes: null };
	return {
		kind: 'user',
		id: `user-${name}`,
		name,
		isAdmin: false,
		memberships: new Map([['org-a', viewer]]),
		credentialId: `login-${name}`,
		transport: 'ws',
		ip: null
	};
}

async function openDoor(times?: Partial<PresenceTimes>) {
	const revocations = createRevocations(() => {});
	const presence = openPresence({ clock: systemClock, ...(times ? { times } : {}) });
	const door = createVillageDoor({
		presence,
		clock: systemClock,
		revocations,
		authenticate: async (request) => {
			const name = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1];
			return name ? actorNamed(name) : null;
		},
		orgOfVillage: async (id) => ORGS[id] ?? null
	});
	const upgrades = createUpgrades({
		doors: [door],
		log: createLog('silent'),
		originAllowed: (origin) => origin === 'http://ours'
	});
	const server = createServer();
	server.on('upgrade', upgrades.handle);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		await upgrades.close();
		presence.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const { port } = server.address() as AddressInfo;
	return { url: `ws://127.0.0.1:${port}/ws/village`, presence, revocations };
}

class Guest {
	readonly socket: WebSocket;
	readonly heard: DownMessage[] = [];
	closed: number | null = null;
	#waiting = new Set<() => void>();

	constructor(url: string, name: string, headers: Record<string, string> = {}) {
		this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${name}`, ...headers } });
		this.socket.on('message', (data) => {
			const message = readDown(String(data));
			if (message) this.heard.push(message);
			for (const wake of this.#waiting) wake();
		});
		this.socket.on('close', (code) => {
			this.closed = code;
			for (const wake of this.#waiting) wake();
		});
		this.socket.on('error', () => {});
		onTestFinished(() => this.socket.terminate());
	}

	say(...message: unknown[]): void {
		this.socket.send(JSON.stringify(message));
	}

	async until(what: () => boolean): Promise<void> {
		const signal = AbortSignal.timeout(5_000);
		while (!what()) {
			if (signal.aborted) throw new Error(`never heard it; heard ${JSON.stringify(this.heard)}`);
			await new Promise<void>((resolve) => {
				const wake = () => {
					this.#waiting.delete(wake);
					resolve();
				};
				this.#waiting.add(wake);
				signal.addEventListener('abort', wake, { once: true });
			});
		}
	}

	/** The names on the last list of people. */
	get people(): string[] {
		const last = this.heard.findLast((m) => m[0] === 'people');
		return last?.[0] === 'people' ? last[1].map((person) => person[1]) : [];
	}

	get watching(): Record<string, string | null> {
		const last = this.heard.findLast((m) => m[0] === 'people');
		return last?.[0] === 'people' ? Object.fromEntries(last[1].map((p) => [p[1], p[4]])) : {};
	}

	get moves(): [string, number, number, number | null, number | null][] {
		return this.heard.flatMap((m) => (m[0] === 'moved' ? m[1] : []));
	}

	get errors(): string[] {
		return this.heard.flatMap((m) => (m[0] === 'error' ? [m[1]] : []));
	}
}

async function enter(url: string, name: string, village = 'meadow'): Promise<Guest> {
	const guest = new Guest(`${url}?village=${village}`, name);
	await guest.until(() => guest.people.includes(name));
	return guest;
}

/** The HTTP status and error code with which an upgrade was refused. */
function refusal(
	url: string,
	headers: Record<string, string> = {}
): Promise<{ status: number; code: string }> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { headers });
		socket.on('open', () => reject(new Error('was let in')));
		socket.on('error', () => {});
		socket.on('unexpected-response', (_request, response) => {
			let body = '';
			response.on('data', (part) => (body += String(part)));
			response.on('end', () =>
				resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).error.code })
			);
		});
	});
}

test('two people see each other come, move and point within a quarter of a second', async () => {
	const { url } = await openDoor();
	const ada = await enter(url, 'ada');
	ada.say('view', 0, 0, 40, 30);
	const ben = await enter(url, 'ben');
	await ada.until(() => ada.people.includes('ben'));
	const sentAt = performance.now();
	ben.say('me', 5, 6.251, 7, 8);
	await ada.until(() => ada.moves.length > 0);
	expect(performance.now() - sentAt).toBeLessThan(250);
	expect(ada.moves[0]).toEqual(['user-ben', 5, 6.25, 7, 8]);
	ben.socket.close();
	await ada.until(() => !ada.people.includes('ben'));
});

test('a person with two tabs is one person, and stays while one of them is open', async () => {
	const { url, presence } = await openDoor();
	const first = await enter(url, 'ada');
	const second = await enter(url, 'ada');
	expect(second.people).toEqual(['ada']);
	first.socket.close();
	await second.until(() => first.closed !== null);
	await new Promise((resolve) => setTimeout(resolve, 30));
	expect(presence.people('meadow')).toHaveLength(1);
});

test('moves reach only those whose view is near, and the last one tells that somebody left the view', async () => {
	const { url } = await openDoor();
	const near = await enter(url, 'near');
	const far = await enter(url, 'far');
	const mover = await enter(url, 'mover');
	near.say('view', 0, 0, 20, 20);
	far.say('view', 500, 500, 20, 20);
	mover.say('me', 27, 10, null, null);
	await near.until(() => near.moves.length === 1);
	mover.say('me', 100, 100, null, null);
	await near.until(() => near.moves.length === 2);
	mover.say('me', 510, 510, null, null);
	await far.until(() => far.moves.length === 1);
	expect(near.moves.map((move) => move[1])).toEqual([27, 100]);
	expect(far.moves.map((move) => move[1])).toEqual([510]);
});

test('a view that moves is told at once who stands in it', async () => {
	const { url } = await openDoor();
	const stander = await enter(url, 'stander');
	stander.say('me', 300, 300, null, null);
	const looker = await enter(url, 'looker');
	looker.say('view', 0, 0, 10, 10);
	looker.say('view', 295, 295, 10, 10);
	await looker.until(() => looker.moves.length > 0);
	expect(looker.moves).toEqual([['user-stander', 300, 300, null, null]]);
});

test('everybody sees who watches which terminal, the latest of several tabs', async () => {
	const { url } = await openDoor({ peopleEveryMs: 20 });
	const ada = await enter(url, 'ada');
	const one = await enter(url, 'ben');
	const two = await enter(url, 'ben');
	one.say('watch', 'session-1');
	await ada.until(() => ada.watching['ben'] === 'session-1');
	two.say('watch', 'session-2');
	await ada.until(() => ada.watching['ben'] === 'session-2');
	two.socket.close();
	await ada.until(() => ada.watching['ben'] === 'session-1');
	one.say('watch', null);
	await ada.until(() => ada.watching['ben'] === null);
});

test('a silent person is no longer shown, and is back with the next message', async () => {
	const { url } = await openDoor({ expiresAfterMs: 120, peopleEveryMs: 20 });
	const ada = await enter(url, 'ada');
	const ben = await enter(url, 'ben');
	const talking = setInterval(() => ada.say('here'), 50);
	onTestFinished(() => clearInterval(talking));
	await ada.until(() => ada.people.join() === 'ada');
	ben.say('here');
	await ada.until(() => ada.people.includes('ben'));
});

test('the feed gets the list when it changes, at most at the agreed pace', async () => {
	const { url, presence } = await openDoor({ peopleEveryMs: 100 });
	const ends = new AbortController();
	const lists: string[][] = [];
	const following = (async () => {
		for await (const people of presence.follow('meadow', ends.signal))
			lists.push(people.map((person) => person.name));
	})();
	const names = ['ada', 'ben', 'cy', 'dot', 'eli'];
	for (const name of names) await enter(url, name);
	await expect.poll(() => lists.at(-1)).toEqual(names);
	expect(lists.length).toBeLessThanOrEqual(5);
	ends.abort();
	await following;
});

test('people of one village are not told to another, and gestures pass', async () => {
	const { url } = await openDoor();
	const ada = await enter(url, 'ada');
	const ben = await enter(url, 'ben');
	ben.say('emote', 'wave');
	await ada.until(() => ada.heard.some((m) => m[0] === 'emote'));
	expect(ada.heard.find((m) => m[0] === 'emote')).toEqual(['emote', 'user-ben', 'wave']);
	expect(ben.heard.some((m) => m[0] === 'emote')).toBe(false);
});

test('a village of another org is refused in the same words as an absent one', async () => {
	const { url } = await openDoor();
	const auth = { authorization: 'Bearer ada' };
	const other = await refusal(`${url}?village=elsewhere`, auth);
	expect(other).toEqual({ status: 404, code: 'VILLAGE_NOT_FOUND' });
	expect(await refusal(`${url}?village=nowhere`, auth)).toEqual(other);
});

test('strangers, foreign pages, secrets in the address and nameless villages are refused before the upgrade', async () => {
	const { url } = await openDoor();
	const auth = { authorization: 'Bearer ada' };
	expect(await refusal(`${url}?village=meadow`)).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
	expect(
		await refusal(`${url}?village=meadow`, { ...auth, origin: 'http://theirs' })
	).toMatchObject({ status: 403 });
	expect(await refusal(`${url}?village=meadow&token=x`, auth)).toMatchObject({ status: 400 });
	for (const bad of ['', '?village=', '?village=a%20b', `?village=${'x'.repeat(65)}`])
		expect(await refusal(url + bad, auth)).toEqual({ status: 400, code: 'VALIDATION_ERROR' });
});

test('what cannot be read is answered with a typed error and changes nothing', async () => {
	const { url, presence } = await openDoor();
	const ada = await enter(url, 'ada');
	ada.say('me', 1, 2, null, null);
	await expect.poll(() => presence.people('meadow')[0]?.x).toBe(1);
	const before = presence.people('meadow');
	const bad = [
		'{',
		'null',
		'{"t":"me"}',
		'[]',
		'[1]',
		'["constructor"]',
		'["__proto__",1]',
		'["me"]',
		'["me","1",2,null,null]',
		'["me",1e9,2,null,null]',
		'["me",1,2,null,null,3]',
		'["watch","a b"]',
		'["view",0,0,-1,5]',
		'["emote","dance"]'
	];
	for (const text of bad) ada.socket.send(text);
	ada.socket.send(Buffer.from([1, 2, 3]));
	await ada.until(() => ada.errors.length > 0);
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(new Set(ada.errors)).toEqual(new Set(['VALIDATION_ERROR']));
	expect(presence.people('meadow')).toEqual(before);
	expect(ada.closed).toBeNull();
});

test('a message over 64 KiB closes the socket with 1009 and harms nobody else', async () => {
	const { url } = await openDoor();
	const ada = await enter(url, 'ada');
	const ben = await enter(url, 'ben');
	ben.say('emote', 'x'.repeat(70_000));
	await ben.until(() => ben.closed !== null);
	expect(ben.closed).toBe(1009);
	await ada.until(() => ada.people.join() === 'ada');
});

test('what is above ten a second is dropped and said so; a flood is closed with 4429', async () => {
	const { url, presence } = await openDoor();
	const ada = await enter(url, 'ada');
	for (let i = 0; i < 60; i++) ada.say('me', i, 0, null, null);
	await ada.until(() => ada.errors.includes('RATE_LIMITED'));
	expect(presence.people('meadow')[0]?.x).toBeLessThan(40);
	expect(ada.closed).toBeNull();
	for (let i = 0; i < 400; i++) ada.say('here');
	await ada.until(() => ada.closed !== null);
	expect(ada.closed).toBe(4429);
});

test('the allowance is the person’s, not the tab’s', async () => {
	const { url } = await openDoor();
	const tabs = await Promise.all([1, 2, 3].map(() => enter(url, 'ada')));
	for (const tab of tabs) for (let i = 0; i < 10; i++) tab.say('here');
	await expect.poll(() => tabs.some((tab) => tab.errors.includes('RATE_LIMITED'))).toBe(true);
});

test('an eleventh tab of one person is refused', async () => {
	const { url } = await openDoor();
	for (let i = 0; i < 10; i++) await enter(url, 'ada');
	expect(await refusal(`${url}?village=meadow`, { authorization: 'Bearer ada' })).toEqual({
		status: 429,
		code: 'RATE_LIMITED'
	});
	await enter(url, 'ben');
});

test('a revoked login ends its sockets with 4401, nobody else’s', async () => {
	const { url, revocations } = await openDoor();
	const ada = await enter(url, 'ada');
	const ben = await enter(url, 'ben');
	revocations.publish({ kind: 'credential', credentialId: 'login-ben' });
	await ben.until(() => ben.closed !== null);
	expect(ben.closed).toBe(4401);
	await ada.until(() => ada.people.join() === 'ada');
	expect(ada.closed).toBeNull();
});
