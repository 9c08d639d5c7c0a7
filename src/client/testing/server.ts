// A real server that can be cut off and come back on the same data and the same address.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { openApp, type App } from '#server/app.ts';
import { headerReader } from '#server/auth/headers.ts';
import { readConfig } from '#server/config.ts';
import { createLog } from '#server/log.ts';
import type { TestApp } from '#server/testing/app.ts';
import { createCaller, type Caller } from '#server/trpc/router.ts';

export interface Restartable {
	app: App;
	/** What the test runner needs of it. */
	harness: TestApp;
	caller: Caller;
	token: string;
	wsUrl: string;
	/** Ends it at once: sockets break without a word, as when the process is killed. */
	cut(): Promise<void>;
	/** Opens it again. */
	restart(): Promise<void>;
}

export async function restartable(): Promise<Restartable> {
	const dataDir = mkdtempSync(join(tmpdir(), 'village-client-'));
	let port = 0;
	let end: () => Promise<void> = async () => {};
	const self = { token: '' } as Restartable;

	async function open(): Promise<void> {
		const app = await openApp(readConfig({ VILLAGE_DATA_DIR: dataDir }), {
			template: inject('databaseTemplate'),
			log: createLog(process.env.TEST_LOG ?? 'silent')
		});
		const server = createServer((_request, response) => response.writeHead(404).end());
		server.on('upgrade', (request, socket, head) => app.upgrades.handle(request, socket, head));
		await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
		({ port } = server.address() as AddressInfo);
		let ended = false;
		end = async () => {
			if (ended) return;
			ended = true;
			server.closeAllConnections();
			await Promise.all([new Promise((resolve) => server.close(resolve)), app.close()]);
		};
		const orgId = await app.orgs.ensureFirstOrg();
		self.token ||= (await app.orgs.cliToken('owner', 'owner')).token;
		const actor = (await app.auth.actorFromRequest({
			header: headerReader(new Headers({ authorization: `Bearer ${self.token}` })),
			cookieAllowed: false,
			transport: 'trpc',
			ip: null
		}))!;
		self.app = app;
		self.caller = createCaller({ app, actor, requestId: 'test' });
		self.wsUrl = `ws://127.0.0.1:${port}/ws`;
		self.harness = {
			app,
			wsUrl: `ws://127.0.0.1:${port}`,
			orgId,
			caller: () => Promise.resolve(self.caller)
		} as unknown as TestApp;
	}

	self.cut = () => end();
	self.restart = open;
	onTestFinished(async () => {
		await end();
		rmSync(dataDir, { recursive: true, force: true });
	});
	await open();
	return self;
}
