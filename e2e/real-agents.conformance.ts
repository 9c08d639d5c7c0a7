// The real agent programs in a real village: each asks for two things, a person in another browser allows one and denies one,
// and only the allowed one happens. Run by `npm run conformance`.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { AGENTS, chosenAgents, installAgents, personOf, startModel } from './agents/installed.ts';
import { apiOf, type Api } from './api.ts';
import {
	acceptInvitation,
	awake,
	becomeOwner,
	makeRepository,
	openChanges,
	reaches
} from './fixtures.ts';
import { killAll } from './processes.ts';
import { createToken, newDataDir, startVillage, type Village } from './village.ts';

/** A program of 200 MB starts slowly on a busy machine. */
const PATIENCE = { timeout: 90_000 };

const SCENARIO = {
	title: 'A file and a command',
	turns: [
		{
			reply: {
				text: 'I write a greeting.',
				actions: [{ do: 'write', path: 'greeting.txt', content: 'Good morning\n' }],
				usage: { input: 1200, output: 40, cached: 200 }
			}
		},
		{ reply: { text: 'And now this.', actions: [{ do: 'shell', command: 'touch denied.txt' }] } },
		{ reply: { text: 'All is done.' } }
	]
};

let village: Village;
let api: Api;
let orgId: string;
let villageId: string;
let runnerId: string;
let dataDir: string;
let code: string;
let model: Awaited<ReturnType<typeof startModel>> | null = null;
let owner: Page;
let operator: Page;

test.beforeAll(async ({ browser }) => {
	test.setTimeout(600_000);
	dataDir = newDataDir();
	const bin = join(dataDir, 'bin');
	const home = join(dataDir, 'home');
	code = join(dataDir, 'code');
	mkdirSync(home);
	await installAgents(bin);
	const repositories = chosenAgents().map((vendor) => makeRepository(join(code, vendor)));
	model = await startModel(join(dataDir, 'scenario.json'), SCENARIO);
	village = await startVillage({
		dataDir,
		args: ['--allow-local', code],
		env: personOf(home, bin, model.url, repositories)
	});
	const ownContext = await browser.newContext({ baseURL: village.url });
	owner = await ownContext.newPage();
	await becomeOwner(owner, village.signInUrl);
	api = apiOf(village.url, createToken(dataDir, 'owner'));
	const [first] = await api.villages.list.query();
	({ orgId, id: villageId } = first!);
	const [runner] = await api.runners.list.query({ orgId });
	runnerId = runner!.id;
	const { url } = await api.orgs.invite.mutate({ orgId, role: 'operator' });
	const other = await browser.newContext({ baseURL: village.url });
	operator = await other.newPage();
	await acceptInvitation(operator, url);
	await operator.goto('/approvals');
	await awake(operator);
});

test.afterAll(async () => {
	model?.stop();
	if (village) await village.destroy();
	await killAll(dataDir);
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

for (const vendor of chosenAgents())
	test(`${vendor}: what waits in the inbox runs after a yes from another browser, and does not after a no`, async () => {
		test.setTimeout(400_000);
		const { providerId } = AGENTS[vendor];
		const repository = join(code, vendor);
		const house = await api.houses.add.mutate({
			villageId,
			source: 'local',
			runnerId,
			path: repository,
			name: `House of ${vendor}`
		});
		const session = await api.sessions.create.mutate({
			orgId,
			providerId,
			houseId: house.id,
			task: 'Say good morning'
		});
		const pending = async () => {
			const { items } = await api.approvals.list.query({
				orgId,
				sessionId: session.id,
				status: ['pending']
			});
			return items;
		};
		/** Where it works: a tree of its own. */
		let folder = '';
		await test.step('it asks, and waits', async () => {
			await expect.poll(async () => (await pending()).length, PATIENCE).toBe(1);
			const [asked] = await pending();
			expect(asked!.paths?.join(' ') ?? '').toContain('greeting.txt');
			folder = asked!.cwd!;
			expect(existsSync(join(folder, 'README.md'))).toBe(true);
			expect(existsSync(join(folder, 'greeting.txt'))).toBe(false);
		});
		await test.step('the operator allows, and it happens', async () => {
			await operator
				.getByRole('article')
				.first()
				.getByRole('button', { name: 'Allow once' })
				.click();
			await expect.poll(() => existsSync(join(folder, 'greeting.txt')), PATIENCE).toBe(true);
			expect(readFileSync(join(folder, 'greeting.txt'), 'utf8')).toBe('Good morning\n');
		});
		await test.step('the operator denies, and it does not happen', async () => {
			await expect
				.poll(async () => (await pending())[0]?.command ?? '', PATIENCE)
				.toContain('touch denied.txt');
			const card = operator.getByRole('article').first();
			await card.getByRole('button', { name: 'Deny…' }).click();
			await card.getByRole('textbox').fill('Not today');
			await card.getByRole('button', { name: /^deny/i }).click();
			await expect.poll(async () => (await pending()).length, PATIENCE).toBe(0);
		});
		await test.step('the page of the session shows what it did and used', async () => {
			await owner.goto(`/sessions/${session.id}`);
			await awake(owner);
			await expect(owner.getByText('greeting.txt').first()).toBeVisible(PATIENCE);
			await expect
				.poll(async () => (await api.sessions.get.query({ sessionId: session.id })).usage, PATIENCE)
				.toMatchObject({ filesChanged: 1, tokensIn: expect.any(Number) });
			await openChanges(owner);
			const files = owner.getByRole('list', { name: 'Changed files' });
			await files.getByRole('button', { name: /greeting\.txt/ }).click(PATIENCE);
			await expect(
				owner
					.getByRole('region', { name: 'Changes of greeting.txt' })
					.getByText('added Good morning')
			).toBeVisible();
		});
		await api.sessions.stop.mutate({ sessionId: session.id });
		await reaches({ api }, session.id, 'STOPPED', 'COMPLETED', 'FAILED');
		expect(existsSync(join(folder, 'denied.txt'))).toBe(false);
	});
