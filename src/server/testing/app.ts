// A whole server on a fresh database, listening on a free port: what doors and services are tested with.
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import type { Role } from '#domain/permissions.ts';
import { openApp, type App, type AppOptions } from '#server/app.ts';
import type { Actor } from '#server/auth/actor.ts';
import { headerReader } from '#server/auth/headers.ts';
import { readConfig } from '#server/config.ts';
import { freshDatabase, type TestEngine } from '#server/db/testing/database.ts';
import { createLog } from '#server/log.ts';
import { createCaller, type Caller } from '#server/trpc/router.ts';

export interface TestApp {
	app: App;
	/** `http://127.0.0.1:<port>`; only upgrades are served. */
	url: string;
	wsUrl: string;
	orgId: string;
	villageId: string;
	/** A token of that role in the first org, as `Authorization` wants it. */
	bearer(role: Role): Promise<string>;
	actor(role: Role): Promise<Actor>;
	caller(role: Role): Promise<Caller>;
	/** Another org with an owner of its own. */
	otherOrg(): Promise<{ orgId: string; actor: Actor; caller: Caller; bearer: string }>;
}

/** Opens a server and closes it when the test is finished. */
export async function testApp(
	env: Record<string, string> = {},
	engine: TestEngine = 'any',
	options: Pick<AppOptions, 'clientTimings'> = {}
): Promise<TestApp> {
	const dataDir = mkdtempSync(join(tmpdir(), 'village-app-'));
	const { databaseUrl, inMemory, drop } = await freshDatabase(engine);
	const config = { ...readConfig({ VILLAGE_DATA_DIR: dataDir, ...env }), databaseUrl, inMemory };
	const app = await openApp(config, {
		...options,
		template: inject('databaseTemplate'),
		log: createLog(process.env.TEST_LOG ?? 'silent')
	});
	const server: Server = createServer((_request, response) => response.writeHead(404).end());
	server.on('upgrade', (request, socket, head) => app.upgrades.handle(request, socket, head));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	onTestFinished(async () => {
		await app.close();
		await drop();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		rmSync(dataDir, { recursive: true, force: true });
	});
	const orgId = await app.orgs.ensureFirstOrg();
	const [village] = await app.database.sql<{ id: string }[]>`
		select id from villages where org_id = ${orgId}`;

	const tokens = new Map<Role, Promise<string>>();
	const bearer = (role: Role) => {
		let token = tokens.get(role);
		if (!token)
			tokens.set(
				role,
				(token = app.orgs.cliToken(role, role).then((made) => `Bearer ${made.token}`))
			);
		return token;
	};
	const actorOf = async (authorization: string): Promise<Actor> => {
		const actor = await app.auth.actorFromRequest({
			header: headerReader(new Headers({ authorization })),
			cookieAllowed: false,
			transport: 'trpc',
			ip: '127.0.0.1'
		});
		if (!actor) throw new Error('the test token was refused');
		return actor;
	};
	const actor = async (role: Role) => actorOf(await bearer(role));
	const callerOf = (who: Actor) => createCaller({ app, actor: who, requestId: 'test' });

	return {
		app,
		url: `http://127.0.0.1:${port}`,
		wsUrl: `ws://127.0.0.1:${port}`,
		orgId,
		villageId: village!.id,
		bearer,
		actor,
		caller: async (role) => callerOf(await actor(role)),
		async otherOrg() {
			// Made first: once somebody owns an org, a new token would be that person's.
			await Promise.all((['viewer', 'operator', 'owner'] as const).map(bearer));
			const { sql } = app.database;
			const id = 'other-org';
			const userId = 'other-user';
			await sql`insert into orgs (id, name) values (${id}, 'Other')`;
			await sql`insert into villages (id, org_id, name, seed) values ('other-village', ${id}, 'Other', 'x')`;
			await sql`insert into users (id, name) values (${userId}, 'Other owner')`;
			await sql`insert into memberships (org_id, user_id, role) values (${id}, ${userId}, 'owner')`;
			const made = await app.database.db.transaction((tx) =>
				app.auth.tokens.createToken(tx, {
					userId,
					name: 'other',
					maxRole: 'owner',
					now: new Date()
				})
			);
			const other = await actorOf(`Bearer ${made.clear}`);
			return { orgId: id, actor: other, caller: callerOf(other), bearer: `Bearer ${made.clear}` };
		}
	};
}

/** Polls until the condition holds; fails after `ms`. */
export async function until<T>(
	condition: () => T | Promise<T>,
	what = 'the condition',
	ms = 5_000
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
	const end = performance.now() + ms;
	for (;;) {
		const value = await condition();
		if (value) return value as Exclude<T, null | undefined | false | 0 | ''>;
		if (performance.now() > end) throw new Error(`${what} did not come true within ${ms} ms`);
		await new Promise((resolve) => setTimeout(resolve, 15));
	}
}
