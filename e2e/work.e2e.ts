// Sessions as scripts drive them: a real process, what it asks, how it ends, and what can be read afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { apiOf } from './api.ts';
import { expect, reaches, startCommand, stopAll, test, type Home } from './fixtures.ts';
import { processesSaying, until } from './processes.ts';
import { createToken, PROGRAM } from './village.ts';

test.afterEach(({ home }) => stopAll(home));

const ASK = `node ${PROGRAM} ask`;

async function transcript(
	home: Home,
	sessionId: string,
	format: 'cast' | 'txt' | 'raw'
): Promise<string> {
	const token = createToken(home.village.dataDir, 'viewer');
	const answer = await fetch(
		`${home.village.url}/api/sessions/${sessionId}/transcript?format=${format}`,
		{ headers: { authorization: `Bearer ${token}` } }
	);
	expect(answer.status).toBe(200);
	return answer.text();
}

async function pending(home: Home, sessionId: string) {
	await reaches(home, sessionId, 'WAITING_FOR_APPROVAL');
	const { items } = await home.api.approvals.list.query({
		orgId: home.orgId,
		sessionId,
		status: ['pending']
	});
	return items[0]!;
}

test('a session ends with the exit code of its command', async ({ home }) => {
	const good = await startCommand(home, 'exit 0');
	const bad = await startCommand(home, 'exit 7');
	expect(await reaches(home, good, 'COMPLETED', 'FAILED')).toMatchObject({
		state: 'COMPLETED',
		exitCode: 0
	});
	expect(await reaches(home, bad, 'COMPLETED', 'FAILED')).toMatchObject({
		state: 'FAILED',
		exitCode: 7
	});
});

test('an agent works in the folder of its house, with nothing of the server in its environment', async ({
	home
}) => {
	const house = await home.api.houses.add.mutate({
		villageId: home.villageId,
		source: 'local',
		runnerId: home.runnerId,
		path: home.repository,
		name: 'Bakery of scripts'
	});
	const session = await home.api.sessions.create.mutate({
		orgId: home.orgId,
		providerId: 'custom',
		houseId: house.id,
		command: 'cat README.md; env | grep -c -E "VILLAGE_SECRET|VILLAGE_METRICS|DATABASE_URL"; true'
	});
	await reaches(home, session.id, 'COMPLETED', 'FAILED');
	const text = await transcript(home, session.id, 'txt');
	expect(text).toContain('# Bakery');
	expect(text.trim().split('\n').at(-1)?.trim()).toBe('0');
});

test('a folder below no allowed root is refused, and so is a path that climbs out of one', async ({
	home
}) => {
	for (const path of ['/etc', `${home.repository}/../../..`])
		await expect(
			home.api.houses.add.mutate({
				villageId: home.villageId,
				source: 'local',
				runnerId: home.runnerId,
				path
			})
		).rejects.toMatchObject({ data: { httpStatus: expect.any(Number) as unknown } });
});

test('village ask waits for a person: allowed is 0, denied is 1', async ({ home }) => {
	for (const [decision, code] of [
		['allow', 0],
		['deny', 1]
	] as const) {
		const sessionId = await startCommand(
			home,
			`${ASK} --action merge "Merge PR 123?"; echo "exit=$?"`
		);
		const approval = await pending(home, sessionId);
		expect(approval).toMatchObject({ action: 'merge', status: 'pending' });
		await home.api.approvals.resolve.mutate({
			sessionId,
			approvalId: approval.id,
			generation: approval.generation,
			decision
		});
		await reaches(home, sessionId, 'COMPLETED');
		expect(await transcript(home, sessionId, 'txt')).toContain(`exit=${code}`);
	}
});

test('a question that nobody answers expires with 2, which is neither yes nor no', async ({
	home
}) => {
	const sessionId = await startCommand(
		home,
		`${ASK} --action deploy --timeout 2 "Deploy?"; echo "exit=$?"`
	);
	const approval = await pending(home, sessionId);
	await reaches(home, sessionId, 'COMPLETED');
	expect(await transcript(home, sessionId, 'txt')).toContain('exit=2');
	const after = await home.api.approvals.get.query({ approvalId: approval.id });
	expect(after.status).toBe('expired');
});

test('the first answer wins and the second is told who was faster', async ({ home }) => {
	const sessionId = await startCommand(home, `${ASK} --action merge "Merge?"; echo "exit=$?"`);
	const approval = await pending(home, sessionId);
	const other = apiOf(home.village.url, createToken(home.village.dataDir, 'operator'));
	const answer = { sessionId, approvalId: approval.id, generation: approval.generation };
	const results = await Promise.allSettled([
		home.api.approvals.resolve.mutate({ ...answer, decision: 'allow' }),
		other.approvals.resolve.mutate({ ...answer, decision: 'deny' })
	]);
	expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
	const lost = results.find((result) => result.status === 'rejected')!;
	expect(lost.reason).toMatchObject({ data: { appCode: 'APPROVAL_ALREADY_RESOLVED' } });
	await reaches(home, sessionId, 'COMPLETED');
});

test('a viewer may look but neither start nor answer, and may not learn what is asked', async ({
	home
}) => {
	const sessionId = await startCommand(home, `${ASK} --action merge --command "git push" "Merge?"`);
	const approval = await pending(home, sessionId);
	const viewer = apiOf(home.village.url, createToken(home.village.dataDir, 'viewer'));
	const forbidden = { data: { appCode: 'FORBIDDEN' } };
	await expect(
		viewer.approvals.resolve.mutate({ sessionId, approvalId: approval.id, decision: 'allow' })
	).rejects.toMatchObject(forbidden);
	await expect(
		viewer.sessions.create.mutate({ orgId: home.orgId, providerId: 'shell' })
	).rejects.toMatchObject(forbidden);
	await expect(viewer.sessions.stop.mutate({ sessionId })).rejects.toMatchObject(forbidden);
	expect((await home.api.approvals.get.query({ approvalId: approval.id })).status).toBe('pending');
});

test('pause stops the whole tree, resume lets it go on, stop ends it, setsid children too', async ({
	home
}) => {
	const marker = `9${Date.now() % 100000}`;
	const sessionId = await startCommand(
		home,
		`setsid sleep ${marker} & i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.05; done`
	);
	const head = async () => (await transcript(home, sessionId, 'raw')).length;
	const { dataDir } = home.village;
	await until('it ticks', 10_000, async () => (await head()) > 100);
	await until('the child runs', 5_000, () => processesSaying(dataDir, marker).length > 0);
	expect((await home.api.sessions.pause.mutate({ sessionId })).state).toBe('PAUSED_BY_HUMAN');
	await sleep(700);
	const still = await head();
	await sleep(700);
	expect(await head()).toBe(still);
	expect((await home.api.sessions.resume.mutate({ sessionId })).state).toBe('RUNNING');
	await until('it ticks again', 10_000, async () => (await head()) > still);
	await home.api.sessions.stop.mutate({ sessionId });
	await reaches(home, sessionId, 'STOPPED');
	await until('no process is left', 10_000, () => processesSaying(dataDir, marker).length === 0);
});

test('a process that ignores every polite signal is stopped all the same', async ({ home }) => {
	const sessionId = await startCommand(
		home,
		'trap "" TERM INT HUP QUIT; while :; do sleep 0.2; done'
	);
	await home.api.sessions.stop.mutate({ sessionId });
	await reaches(home, sessionId, 'STOPPED');
});

test('the eleventh session of an org is refused with the limit, and nothing of it is left', async ({
	home
}) => {
	await stopAll(home);
	const before = await home.api.sessions.list.query({ orgId: home.orgId });
	const attempts = await Promise.allSettled(
		Array.from({ length: 12 }, () =>
			home.api.sessions.create.mutate({
				orgId: home.orgId,
				providerId: 'custom',
				command: 'sleep 60'
			})
		)
	);
	const refused = attempts.filter((attempt) => attempt.status === 'rejected');
	expect(refused).toHaveLength(2);
	expect(refused[0]!.reason).toMatchObject({
		data: { appCode: 'SESSION_LIMIT_EXCEEDED', details: { limit: 10 } }
	});
	const after = await home.api.sessions.list.query({ orgId: home.orgId });
	expect(after.total - before.total).toBe(10);
});

test('the transcript is a valid asciicast with true times and sizes, and its text is what was printed', async ({
	home
}) => {
	const sessionId = await startCommand(home, 'echo first; sleep 0.6; echo second', {
		cols: 100,
		rows: 30
	});
	await reaches(home, sessionId, 'COMPLETED');
	const cast = (await transcript(home, sessionId, 'cast')).trim().split('\n');
	const header = JSON.parse(cast[0]!) as { version: number; width: number; height: number };
	expect(header).toMatchObject({ version: 2, width: 100, height: 30 });
	const events = cast.slice(1).map((line) => JSON.parse(line) as [number, string, string]);
	for (const [at, kind, data] of events) {
		expect(at).toBeGreaterThanOrEqual(0);
		expect(kind).toMatch(/^[oirm]$/);
		expect(typeof data).toBe('string');
	}
	const at = (text: string) =>
		events.find((event) => event[1] === 'o' && event[2].includes(text))![0];
	expect(at('second') - at('first')).toBeGreaterThan(0.5);
	expect(at('second') - at('first')).toBeLessThan(1.5);
	const output = events
		.filter((event) => event[1] === 'o')
		.map((event) => event[2])
		.join('');
	expect(output).toBe(await transcript(home, sessionId, 'raw'));
});

test('what is not there and what belongs to others is answered alike, and bad input changes nothing', async ({
	home
}) => {
	await expect(home.api.sessions.get.query({ sessionId: 'nobody' })).rejects.toMatchObject({
		data: { appCode: 'SESSION_NOT_FOUND' }
	});
	const post = (path: string, body: string) =>
		fetch(`${home.village.url}/trpc/${path}`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${createToken(home.village.dataDir, 'owner')}`,
				'content-type': 'application/json'
			},
			body
		});
	const before = await home.api.sessions.list.query({ orgId: home.orgId });
	for (const body of ['{', '"x"', '[{"orgId":1},0]', `["${'x'.repeat(2_000_000)}"]`]) {
		const answer = await post('sessions.create', body);
		expect(answer.status).toBeGreaterThanOrEqual(400);
		expect(answer.status).toBeLessThan(500);
	}
	const after = await home.api.sessions.list.query({ orgId: home.orgId });
	expect(after.total).toBe(before.total);
});
