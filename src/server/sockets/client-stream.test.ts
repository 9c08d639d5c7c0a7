// What a client of `/ws` is told of a session: everything, once, in order, however often its connection breaks.
import { createHash, randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { frameOf } from './client/frames.ts';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { liveSession, openAs, openClient, type Live, type TestClient } from './testing/client.ts';

// Each test opens a whole server.
vi.setConfig({ testTimeout: 90_000 });

const actions = (client: TestClient, sessionId: string) =>
	client.numbered(sessionId).map((one) => (one.type === 'session' ? one.action : one.type));

const completed = (client: TestClient, sessionId: string) =>
	until(() => actions(client, sessionId).includes('completed'), 'the end', 60_000);

/** The process asks something and is blocked on it. */
function asks({ runner, sessionId }: Live, approvalId: string): void {
	runner.say({
		t: 'approval.request',
		approvalId,
		generation: 1,
		sessionId,
		attempt: 1,
		action: 'merge',
		kind: 'action',
		risk: 'high',
		summary: 'Merge PR #123',
		details: { prNumber: 123 },
		command: 'git push'
	} as never);
}

test('a session is told in both dialects without a hole, its end last, its questions in the words that were asked for', async () => {
	const t = await testApp();
	const live = await liveSession(t);
	const { sessionId, runner } = live;
	const one = await openAs(t, 'operator');
	const other = await openAs(t, 'operator');
	const viewer = await openAs(t, 'viewer');
	const head = await one.ask({ type: 'subscribe', sessionId });
	expect(head).toMatchObject({
		event: 'subscribed',
		data: { sessionId, state: 'RUNNING', seq: expect.any(Number), offset: 0 }
	});
	const { seq } = (head as unknown as { data: { seq: number } }).data;
	await other.ask({ type: 'subscribe_session', sessionId });
	await viewer.ask({ type: 'subscribe_session', sessionId });
	runner.say({
		t: 'session.work',
		sessionId,
		attempt: 1,
		event: { n: 1, at: new Date().toISOString(), kind: 'command', command: 'npm test' }
	});
	live.print('hello\r\n');
	asks(live, 'approval-1');
	await until(() => actions(one, sessionId).includes('approval_request'));
	await until(() => actions(viewer, sessionId).includes('approval_required'));
	// Whoever comes while it waits is told at once, in its own words.
	const late = await openAs(t, 'operator');
	await late.ask({ type: 'subscribe_session', sessionId });
	await until(() => late.of('approval_required').length === 1);
	// Another verb later changes the words, and repeats nothing.
	await late.ask({ type: 'subscribe', sessionId });
	await (
		await t.caller('operator')
	).approvals.resolve({
		sessionId,
		approvalId: 'approval-1',
		decision: 'allow'
	});
	asks(live, 'approval-2');
	await until(() => actions(late, sessionId).includes('approval_request'));
	live.print('bye\r\n');
	live.exit(3);
	for (const client of [one, other, viewer, late]) await completed(client, sessionId);

	expect(actions(one, sessionId).filter((action) => action !== 'skip')).toEqual([
		'output',
		'state_change',
		'approval_request',
		'approval_resolved',
		'state_change',
		'state_change',
		'approval_request',
		'approval_resolved',
		'state_change',
		'completed'
	]);
	expect(actions(other, sessionId)).toEqual(
		actions(one, sessionId).map((action) =>
			action === 'approval_request' ? 'approval_required' : action
		)
	);
	expect(actions(late, sessionId).slice(0, 1)).toEqual(['approval_required']);
	expect(actions(late, sessionId)).not.toContain('x');
	const seqs = one.numbered(sessionId).map((frame) => frame.seq);
	expect(seqs).toEqual(seqs.map((_, n) => seq + 1 + n));
	const [asked] = one
		.numbered(sessionId)
		.filter((f) => f.type === 'session' && f.action === 'approval_request');
	expect(asked).toMatchObject({
		data: {
			requestId: 'approval-1',
			approvalId: 'approval-1',
			action: 'merge',
			summary: 'Merge PR #123',
			details: { prNumber: 123, command: 'git push' }
		}
	});
	expect(other.of('approval_required')[0]).toMatchObject({
		messageId: expect.any(String),
		approval: { approvalId: 'approval-1', description: 'Merge PR #123', details: { prNumber: 123 } }
	});
	expect(viewer.of('approval_required')[0]).toMatchObject({ approval: { details: null } });
	for (const client of [one, other, viewer]) {
		expect(client.text(sessionId)).toBe('hello\r\nbye\r\n');
		// All output came before the end, and after the end nothing.
		expect(client.received.at(-1)).toMatchObject({
			action: 'completed',
			data: { finalState: 'FAILED', exitCode: 3 }
		});
	}
});

test('characters are never split, half a one waits for its other half, and offsets count bytes', async () => {
	const t = await testApp({}, 'any', { clientTimings: { tailMs: 2_000 } });
	const live = await liveSession(t);
	const { sessionId } = live;
	const client = await openAs(t, 'viewer');
	await client.ask({ type: 'subscribe', sessionId });
	const smile = Buffer.from('😀');
	live.print(Buffer.concat([Buffer.from('a'), smile.subarray(0, 2)]));
	await until(() => client.text(sessionId) === 'a');
	live.print(Buffer.concat([smile.subarray(2), Buffer.from('ü')]));
	await until(() => client.text(sessionId).endsWith('ü'));
	// One that never ends is told as what it is, and what follows begins behind it.
	live.print(smile.subarray(0, 3));
	await until(() => client.text(sessionId).includes('\ufffd'), 'half a character', 15_000);
	const before = client.of('terminal').at(-1)!.nextOffset;
	expect(before).toBe(live.printed().length);
	live.print('z');
	await until(() => client.text(sessionId).endsWith('z'));
	for (const one of client.of('terminal')) expect(one.data.isWellFormed()).toBe(true);
	// A late client gets the same text from the store.
	const late = await openAs(t, 'viewer');
	await late.ask({ type: 'subscribe', sessionId, fromOffset: 0 });
	await until(() => late.text(sessionId).endsWith('z'));
	for (const one of [client, late]) expect(one.text(sessionId)).toBe('a😀ü\ufffdz');
	expect(late.of('terminal')[0]!.offset).toBe(0);
	expect(late.of('terminal').at(-1)!.nextOffset).toBe(live.printed().length);
});

test('a client without an offset gets the last page from the start of a line, one ahead of the session is refused', async () => {
	const t = await testApp();
	const live = await liveSession(t);
	const { sessionId } = live;
	const line = `${'x'.repeat(99)}\n`;
	live.print(line.repeat(1_000));
	const reader = await openAs(t, 'viewer');
	await reader.ask({ type: 'subscribe', sessionId, fromOffset: 0 });
	await until(() => reader.text(sessionId).length === 100_000, 'all of it', 15_000);
	const tail = await openAs(t, 'viewer');
	await tail.ask({ type: 'subscribe_session', sessionId });
	await until(() => tail.of('terminal').at(-1)?.nextOffset === 100_000);
	const first = tail.of('terminal')[0]!.offset;
	expect(first % 100).toBe(0);
	expect(100_000 - first).toBeGreaterThan(65_000);
	expect(100_000 - first).toBeLessThanOrEqual(65_536);
	const ahead = await tail.ask({ type: 'subscribe', sessionId, fromOffset: 100_001 });
	expect(ahead).toMatchObject({ code: 'VALIDATION_ERROR', details: { offset: 100_000 } });
	expect(await tail.code({ type: 'subscribe', sessionId, fromSeq: 100_000 })).toBe(
		'VALIDATION_ERROR'
	);
	// What was subscribed before goes on.
	live.print('more\n');
	await until(() => tail.text(sessionId).endsWith('more\n'));
});

test('what is no longer kept is said to be, and the rest follows', async () => {
	const t = await testApp();
	const live = await liveSession(t);
	const { sessionId } = live;
	const { sql } = t.app.database;
	const first = await openAs(t, 'operator');
	const { data } = (await first.ask({ type: 'subscribe', sessionId })) as unknown as {
		data: { seq: number };
	};
	await sql`delete from events where stream = ${`session:${sessionId}`} and seq < ${data.seq}`;
	const late = await openAs(t, 'operator');
	await late.ask({ type: 'subscribe', sessionId, fromSeq: 0 });
	await until(() => late.of('error').length === 1);
	expect(late.of('error')[0]).toMatchObject({
		code: 'REPLAY_GAP',
		details: { firstSeq: data.seq, firstOffset: 0 }
	});
	await until(() => late.numbered(sessionId).length === 1);
	expect(late.numbered(sessionId)[0]!.seq).toBe(data.seq);
	// Bytes the runner lost are a gap in the text, and the end comes all the same.
	live.print('ab');
	await until(() => first.text(sessionId) === 'ab');
	live.runner.say({
		t: 'stream.gap',
		streamId: await streamOf(t, sessionId),
		kind: 1,
		from: 2,
		to: 10,
		reason: 'disk'
	} as never);
	await until(() => first.events('terminal_gap').length === 1);
	expect(first.events('terminal_gap')[0]!.data).toEqual({ sessionId, from: 2, to: 10 });
	live.runner.bytes(1, await streamOf(t, sessionId), 10, 'cd');
	await until(() => first.of('terminal').at(-1)?.nextOffset === 12);
	const again = await openAs(t, 'operator');
	await again.ask({ type: 'subscribe', sessionId, fromOffset: 0 });
	await until(() => again.of('terminal').at(-1)?.nextOffset === 12);
	expect(again.events('terminal_gap')).toMatchObject([{ data: { from: 2, to: 10 } }]);
	expect(
		again
			.of('terminal')
			.map((one) => one.data)
			.join('')
	).toBe('abcd');
});

async function streamOf(t: TestApp, sessionId: string): Promise<number> {
	const [row] = await t.app.database.sql<{ stream_id: string }[]>`
		select stream_id from sessions where id = ${sessionId}`;
	return Number(row!.stream_id);
}

test('however often the connection breaks, every frame and every byte comes once and in order', async () => {
	const t = await testApp({}, 'any', { clientTimings: { tailMs: 60_000 } });
	const live = await liveSession(t);
	const { sessionId, runner } = live;
	const authorization = await t.bearer('viewer');
	let seq: number | null = null;
	let offset = 0;
	const bytes: Buffer[] = [];
	let over = false;
	let connections = 0;
	/** One client of which the connection breaks at a random moment, which comes back with what it has. */
	async function follow(): Promise<void> {
		while (!over) {
			connections++;
			const client = await openClient(t, { authorization });
			const taken = { n: 0 };
			const take = () => {
				for (; taken.n < client.received.length; taken.n++) {
					const one = client.received[taken.n]!;
					if (one.type === 'terminal') {
						expect(one.offset).toBe(offset);
						offset = one.nextOffset;
						bytes.push(Buffer.from(one.data));
					} else if (one.type === 'session') {
						if (seq !== null) expect(one.seq).toBe(seq + 1);
						seq = one.seq;
						if (one.action === 'completed') over = true;
					} else if (one.type === 'error') throw new Error(JSON.stringify(one));
				}
			};
			client.say({ type: 'subscribe', sessionId, fromOffset: offset, fromSeq: seq ?? 0 });
			const until = performance.now() + Math.random() * 120;
			while (!over && performance.now() < until) {
				await new Promise((resolve) => setTimeout(resolve, 5));
				take();
			}
			client.socket.terminate();
			await client.closed;
			// What arrived before the connection broke counts; what came after it was never seen.
			take();
		}
	}
	const following = follow();
	const words = ['plain ', 'ünï ', '😀😀 ', '\u001b[31mred\u001b[0m ', '漢字 '];
	for (let i = 1; i <= 300; i++) {
		const chunk = Array.from(
			{ length: 1 + (i % 40) },
			(_, n) => words[(i + n) % words.length]
		).join('');
		const all = Buffer.from(chunk);
		// Cut anywhere, also inside characters.
		const cut = i % all.length;
		live.print(all.subarray(0, cut));
		live.print(all.subarray(cut));
		if (i % 3 === 0)
			runner.say({
				t: 'session.work',
				sessionId,
				attempt: 1,
				event: { n: i / 3, at: new Date().toISOString(), kind: 'message', text: `line ${i}` }
			});
		await new Promise((resolve) => setTimeout(resolve, i % 7));
	}
	live.exit(0);
	await following;
	expect(connections).toBeGreaterThan(5);
	const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');
	expect(offset).toBe(live.printed().length);
	expect(hash(Buffer.concat(bytes))).toBe(hash(live.printed()));
	const { eventSeq } = await (await t.caller('viewer')).sessions.get({ sessionId });
	expect(seq).toBe(eventSeq);
});

test('one that reads slowly holds nobody up, misses nothing, and is let go when it reads nothing', async () => {
	const t = await testApp({}, 'any', {
		clientTimings: { fullBytes: 65_536, stalledMs: 4_000, revalidateMs: 200 }
	});
	const live = await liveSession(t);
	const { sessionId } = live;
	const quick = await openAs(t, 'viewer');
	const slow = await openAs(t, 'viewer');
	const stuck = await openAs(t, 'viewer');
	for (const client of [quick, slow, stuck]) await client.ask({ type: 'subscribe', sessionId });
	slow.socket.pause();
	stuck.socket.pause();
	const total = 12 * 1_048_576;
	const text = randomBytes(45_000).toString('base64');
	for (let sent = 0; sent < total; sent += text.length) live.print(text);
	const all = live.printed().length;
	const waking = setInterval(() => {
		slow.socket.resume();
		setTimeout(() => slow.socket.pause(), 20).unref();
	}, 100);
	await until(() => quick.of('terminal').at(-1)?.nextOffset === all, 'the quick one', 30_000);
	// It was told of the end long before it has read so far; the end is still the last it gets.
	live.exit(0);
	await completed(quick, sessionId);
	clearInterval(waking);
	slow.socket.resume();
	await completed(slow, sessionId);
	const sum = (value: string) => createHash('sha256').update(value).digest('hex');
	expect(sum(slow.text(sessionId))).toBe(sum(live.printed().toString()));
	expect(slow.received.at(-1)).toMatchObject({ action: 'completed' });
	await until(() => t.app.upgrades.counts().get('/ws') === 2, 'the stuck one is let go', 20_000);
	// Eight megabytes were never kept for it.
	stuck.socket.resume();
	expect((await stuck.closed).code).not.toBe(1000);
	expect(stuck.of('terminal').reduce((n, one) => n + one.data.length, 0)).toBeLessThan(
		8 * 1_048_576
	);
}, 120_000);

test('a runner is followed: its status at once, every change after it, and that it is gone', async () => {
	const t = await testApp();
	const runner = await connectRunner(t);
	const client = await openAs(t, 'viewer');
	const { runnerId } = runner;
	expect(await client.ask({ type: 'subscribe', runnerId })).toMatchObject({
		event: 'subscribed',
		data: { runnerId }
	});
	const statuses = () => client.events('runner_status').map((one) => one.data.status);
	await until(() => statuses().length === 1);
	const owner = await t.caller('owner');
	await owner.runners.drain({ runnerId });
	await until(() => statuses().at(-1) === 'draining');
	await owner.runners.activate({ runnerId });
	await until(() => statuses().at(-1) === 'online');
	runner.close();
	await until(() => statuses().at(-1) === 'offline');
	await owner.runners.deregister({ runnerId });
	await until(() => client.events('unsubscribed').length === 1);
	expect(client.events('unsubscribed')[0]!.data).toEqual({ runnerId, reason: 'removed' });
});

test('two hundred things may be followed at once, and the same one twice is one', async () => {
	const t = await testApp({ VILLAGE_MAX_SESSIONS: '1000' });
	const owner = await t.caller('owner');
	const client = await openAs(t, 'owner');
	const { id: sessionId } = await owner.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	const { sql } = t.app.database;
	await sql`insert into runners (id, org_id, hostname, os, arch, runner_version, credential_hash, capacity)
		select 'many-' || n, ${t.orgId}, 'bench', 'linux', 'x64', '0', 'many-' || n, 5 from generate_series(1, 200) n`;
	for (let n = 1; n <= 199; n++) client.say({ type: 'subscribe', runnerId: `many-${n}` });
	expect(await client.code({ type: 'subscribe', sessionId })).toBe('ok');
	expect(await client.code({ type: 'subscribe', runnerId: 'many-200' })).toBe('RATE_LIMITED');
	expect(await client.code({ type: 'subscribe', sessionId, runnerId: 'many-7' })).toBe('ok');
	expect(await client.code({ type: 'unsubscribe', runnerId: 'many-7' })).toBe('ok');
	expect(await client.code({ type: 'subscribe', runnerId: 'many-200' })).toBe('ok');
});

test('an event that has no frame of its own is a skip, so that nobody misses a number', () => {
	const event = { id: 7, seq: 3, at: '2026-01-02T03:04:05.678Z', data: {} };
	for (const type of ['session.created', 'session.phase', 'session.connectivity', 'a.later_one'])
		expect(frameOf('s', { ...event, type }, 'subscribe', true)).toEqual({
			type: 'session',
			sessionId: 's',
			action: 'skip',
			seq: 3,
			timestamp: event.at
		});
});
