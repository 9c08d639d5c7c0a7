// One village per worker, its owner signed in through the printed link, and typed access as a script has it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	expect,
	test as base,
	type Browser,
	type BrowserContext,
	type Page
} from '@playwright/test';
import { ACTIVE_STATES, TERMINAL_STATES } from '#domain/session.ts';
import { apiOf, type Api } from './api.ts';
import { createToken, newDataDir, startVillage, type Village } from './village.ts';

export { expect };

export const OWNER = { name: 'Ada' };
export const FRIEND = {
	name: 'Grace',
	email: 'grace@example.org',
	password: 'staple battery horse'
};

export interface Home {
	village: Village;
	api: Api;
	orgId: string;
	villageId: string;
	runnerId: string;
	/** A folder below the allowed root; a git repository with one commit. */
	repository: string;
	/** Cookies of the owner. */
	ownerState: Awaited<ReturnType<BrowserContext['storageState']>>;
}

/** Makes the owner through the one-time link, as a person does. */
export async function becomeOwner(page: Page, signInUrl: string, who = OWNER): Promise<void> {
	await page.goto(signInUrl);
	await page.getByLabel('Your name').fill(who.name);
	await page.getByRole('button', { name: 'Enter the village' }).click();
	await page.waitForURL(/\/village$/);
}

/** Joins an org through an invitation, as a person does. */
export async function acceptInvitation(page: Page, url: string, who = FRIEND): Promise<void> {
	await page.goto(url);
	await page.getByLabel('Your name').fill(who.name);
	await page.getByLabel('Email address').fill(who.email);
	await page.getByLabel('Password').fill(who.password);
	await page.getByRole('button', { name: 'Join' }).click();
	await page.waitForURL(/\/village$/);
}

/** Opens what a session has changed, on its page. */
export async function openChanges(page: Page): Promise<void> {
	await page
		.getByRole('button', { name: /^Changes( \d+)?$/ })
		.filter({ visible: true })
		.click();
}

/** A git repository with one commit. */
export function makeRepository(dir: string): string {
	mkdirSync(dir, { recursive: true });
	const git = (...args: string[]) =>
		execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
			cwd: dir,
			stdio: 'ignore'
		});
	writeFileSync(join(dir, 'README.md'), '# Bakery\n');
	git('init', '-q', '-b', 'main');
	git('add', '.');
	git('commit', '-q', '-m', 'Begin');
	return dir;
}

async function openHome(browser: Browser): Promise<Home> {
	const dataDir = newDataDir();
	const root = join(dataDir, 'code');
	const repository = makeRepository(join(root, 'bakery'));
	const village = await startVillage({ dataDir, args: ['--allow-local', root] });
	const context = await browser.newContext();
	const page = await context.newPage();
	await becomeOwner(page, village.signInUrl);
	const ownerState = await context.storageState();
	await context.close();
	const api = apiOf(village.url, createToken(dataDir, 'owner'));
	const [first] = await api.villages.list.query();
	const { orgId, id: villageId } = first!;
	const [runner] = await api.runners.list.query({ orgId });
	return { village, api, orgId, villageId, runnerId: runner!.id, repository, ownerState };
}

interface Fixtures {
	page: Page;
	/** Another person, an operator, in a browser of their own. */
	friend: Page;
}

export const test = base.extend<Fixtures, { home: Home; friendState: Home['ownerState'] }>({
	home: [
		async ({ browser }, use) => {
			const home = await openHome(browser);
			await use(home);
			await home.village.destroy();
		},
		{ scope: 'worker', timeout: 90_000 }
	],
	friendState: [
		async ({ browser, home }, use) => {
			const invitation = await home.api.orgs.invite.mutate({ orgId: home.orgId, role: 'operator' });
			const context = await browser.newContext();
			const page = await context.newPage();
			await acceptInvitation(page, invitation.url);
			await use(await context.storageState());
			await context.close();
		},
		{ scope: 'worker', timeout: 60_000 }
	],
	page: async ({ browser, home }, use) => {
		const context = await browser.newContext({
			storageState: home.ownerState,
			baseURL: home.village.url
		});
		await use(await context.newPage());
		await context.close();
	},
	friend: async ({ browser, home, friendState }, use) => {
		const context = await browser.newContext({
			storageState: friendState,
			baseURL: home.village.url
		});
		await use(await context.newPage());
		await context.close();
	}
});

/** Starts a command as a session and waits until its process runs. */
export async function startCommand(
	home: Pick<Home, 'api' | 'orgId'>,
	command: string,
	options = {}
): Promise<string> {
	const session = await home.api.sessions.create.mutate({
		orgId: home.orgId,
		providerId: 'custom',
		command,
		options
	});
	await reaches(home, session.id, 'RUNNING', 'WAITING_FOR_APPROVAL', ...TERMINAL_STATES);
	return session.id;
}

/** The state of a session, once it is one of `states`. */
export async function reaches(home: Pick<Home, 'api'>, sessionId: string, ...states: string[]) {
	await expect
		.poll(async () => (await home.api.sessions.get.query({ sessionId })).state, { timeout: 30_000 })
		.toMatch(new RegExp(`^(${states.join('|')})$`));
	return home.api.sessions.get.query({ sessionId });
}

/** Stops everything that still runs, so that limits of one test are not felt by the next. */
export async function stopAll(home: Home): Promise<void> {
	const { items } = await home.api.sessions.list.query({
		orgId: home.orgId,
		state: [...ACTIVE_STATES],
		pageSize: 100
	});
	await Promise.all(
		items.map((session) =>
			home.api.sessions.stop.mutate({ sessionId: session.id, force: true }).catch(() => {})
		)
	);
}

/** Waits until a page takes input: it is drawn by the server before its scripts have run. */
export async function awake(page: Page): Promise<void> {
	await expect(page.getByRole('button', { name: /^Live: / })).toBeVisible({ timeout: 20_000 });
}
