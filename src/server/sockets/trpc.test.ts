// The tRPC socket as a stranger meets it: who may open it, what it takes, and when it ends.
import * as devalue from 'devalue';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { testApp, until, type TestApp } from '#server/testing/app.ts';

interface Answer {
	id: number | string | null;
	error?: string;
	result?: { type: string; data?: string };
}

interface Line {
	socket: WebSocket;
	answers: Answer[];
	closed: Promise<number>;
	ask(id: number, method: string, path: string, input: unknown): void;
	/** The code of the refusal of a call, or `ok`. */
	code(id: number): Promise<string>;
}

function dial(t: TestApp, headers: Record<string, string>, path = '/trpc'): Promise<Line | number> {
	const socket = new WebSocket(`${t.wsUrl}${path}`, { headers });
	onTestFinished(() => socket.terminate());
	const answers: Answer[] = [];
	socket.on('message', (data: Buffer) => {
		if (data.toString() !== 'PING' && data.toString() !== 'PONG')
			answers.push(JSON.parse(data.toString()) as Answer);
	});
	const closed = new Promise<number>((resolve) => socket.once('close', resolve));
	const line: Line = {
		socket,
		answers,
		closed,
		ask: (id, method, to, input) =>
			socket.send(
				JSON.stringify({ id, method, params: { path: to, input: devalue.stringify(input) } })
			),
		async code(id) {
			const answer = await until(() => answers.find((a) => a.id === id), `answer ${id}`, 10_000);
			return codeOf(answer);
		}
	};
	return new Promise((resolve, reject) => {
		socket.once('open', () => resolve(line));
		socket.once('unexpected-response', (_request, response) => {
			resolve(response.statusCode!);
			response.destroy();
		});
		socket.once('error', (error) => setTimeout(() => reject(error), 50));
	});
}

function codeOf(answer: Answer): string {
	if (!answer.error) return 'ok';
	const error = (typeof answer.error === 'string' ? devalue.parse(answer.error) : answer.error) as {
		data: { appCode: string };
	};
	return error.data.appCode;
}

async function open(t: TestApp, headers: Record<string, string>): Promise<Line> {
	const line = await dial(t, headers);
	if (typeof line === 'number') throw new Error(`refused with ${line}`);
	return line;
}

test('only our own pages and bearers of a token open it', async () => {
	const t = await testApp();
	const authorization = await t.bearer('viewer');
	const { origin } = new URL(t.url);
	expect(await dial(t, {})).toBe(401);
	expect(await dial(t, { authorization: 'Bearer avu_nonsense' })).toBe(401);
	for (const foreign of ['https://evil.example', 'null', `${origin}.evil.example`, 'file://'])
		expect([foreign, await dial(t, { authorization, origin: foreign })]).toEqual([foreign, 403]);
	for (const name of ['token', 'access_token', 'auth', 'key'])
		expect(await dial(t, { authorization }, `/trpc?${name}=avu_x`)).toBe(400);
	for (const path of ['/trpc/', '/trpc/x', '/wss', '/%00', '//trpc'])
		expect([path, await dial(t, { authorization }, path)]).toEqual([path, 404]);
	expect(await dial(t, { authorization, origin })).toMatchObject({ answers: [] });
	const login = await ownerLogin(t);
	expect(await dial(t, { cookie: login })).toBe(401);
	expect(await dial(t, { cookie: login, origin })).toMatchObject({ answers: [] });
});

test('messages that are no calls are answered or end the socket, and never the server', async () => {
	const t = await testApp();
	const authorization = await t.bearer('owner');
	const line = await open(t, { authorization });
	const odd: (string | Buffer)[] = [
		'{',
		'null',
		'[]',
		'[[]]',
		'5',
		'"x"',
		'{}',
		'{"id":{},"method":"query"}',
		'{"id":null,"method":"query","params":{"path":"orgs.list"}}',
		'{"id":1,"method":"evil","params":{}}',
		'{"id":2,"method":"query","params":{"path":5}}',
		'{"id":3,"method":"query","params":{"path":"__proto__.x"}}',
		'{"id":4,"method":"query","params":{"path":"orgs.get","input":"[[0]]"}}',
		'{"id":5,"method":"query","params":{"path":"orgs.get","input":"[{\\"__proto__\\":1},1]"}}',
		'{"id":6,"method":"subscription.stop"}',
		`{"id":7,"method":"query","params":{"path":"orgs.get","input":${JSON.stringify(`[${Array.from({ length: 20_000 }, (_, i) => `[${i + 1}]`).join(',')},1]`)}}}`,
		'['.repeat(100_000),
		`[${Array(60).fill('{"id":8,"method":"query","params":{"path":"orgs.list"}}').join(',')}]`,
		'\0',
		Buffer.from([0, 255, 254, 253])
	];
	for (const message of odd) line.socket.send(message);
	line.ask(99, 'query', 'account.me', undefined);
	expect(await line.code(99)).toBe('ok');
	for (const answer of line.answers.filter((a) => a.error))
		expect(['VALIDATION_ERROR', 'NOT_FOUND']).toContain(codeOf(answer));
	line.socket.send('x'.repeat(1_048_577));
	expect(await line.closed).toBe(1009);
	const again = await open(t, { authorization });
	again.ask(1, 'query', 'account.me', undefined);
	expect(await again.code(1)).toBe('ok');
});

test('a flood of calls and subscriptions is refused in part, and the rest is served', async () => {
	const t = await testApp();
	const line = await open(t, { authorization: await t.bearer('viewer') });
	const topics = [{ kind: 'village', id: t.villageId }];
	for (let id = 1; id <= 80; id++) line.ask(id, 'subscription', 'events.subscribe', { topics });
	const refused = await until(() => {
		const errors = line.answers.filter((answer) => answer.error);
		return errors.length >= 30 && errors;
	});
	expect(refused).toHaveLength(30);
	expect(new Set(refused.map(codeOf))).toEqual(new Set(['RATE_LIMITED']));
	// What is ended makes room.
	line.socket.send(JSON.stringify({ id: 1, method: 'subscription.stop' }));
	await until(() => line.answers.some((a) => a.id === 1 && a.result?.type === 'stopped'));
	line.ask(500, 'subscription', 'events.subscribe', { topics });
	await until(() => line.answers.some((a) => a.id === 500 && a.result?.type === 'started'));
	const other = await open(t, { authorization: await t.bearer('viewer') });
	for (let id = 1; id <= 400; id++)
		other.ask(id, 'query', 'villages.state', { villageId: t.villageId });
	await until(() => other.answers.length === 400, 'all answers', 60_000);
	const codes = other.answers.map(codeOf);
	expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(100);
	expect(new Set(codes)).toEqual(new Set(['ok', 'RATE_LIMITED']));
});

test('nobody has more than twenty sockets, also when all are opened in one moment', async () => {
	const t = await testApp();
	const authorization = await t.bearer('viewer');
	const lines = await Promise.all(Array.from({ length: 40 }, () => dial(t, { authorization })));
	await new Promise((resolve) => setTimeout(resolve, 200));
	const living = lines.filter(
		(line) => typeof line !== 'number' && line.socket.readyState === WebSocket.OPEN
	);
	expect(living).toHaveLength(20);
	for (const line of living) (line as Line).socket.terminate();
	await until(async () => typeof (await dial(t, { authorization })) !== 'number');
});

test('a socket ends within five seconds of its token, whether revoked or run out', async () => {
	const t = await testApp();
	const { sql } = t.app.database;
	const revoked = await open(t, { authorization: await t.bearer('operator') });
	const actor = await t.actor('operator');
	const [row] = await sql<{ id: string }[]>`update api_tokens set revoked_at = now()
		where id = ${actor.credentialId} returning id`;
	t.app.auth.revocations.publish({ kind: 'credential', credentialId: row!.id });
	expect(await within(5_000, revoked.closed)).toBe(4401);

	const soon = new Date(Date.now() + 1_500);
	const made = await t.app.database.db.transaction((tx) =>
		t.app.auth.tokens.createToken(tx, {
			userId: actor.id,
			name: 'short',
			maxRole: 'viewer',
			expiresAt: soon,
			now: new Date()
		})
	);
	const headers = { authorization: `Bearer ${made.clear}` };
	const short = await open(t, headers);
	const village = await dial(t, headers, `/ws/village?village=${t.villageId}`);
	expect(await within(6_500, short.closed)).toBe(4401);
	expect(await within(5_000, (village as Line).closed)).toBe(4401);
	expect(await dial(t, headers)).toBe(401);
});

test('a large frame and a small one arrive whole, the same for everybody but the number of the subscription', async () => {
	const t = await testApp();
	const authorization = await t.bearer('owner');
	const lines = [await open(t, { authorization }), await open(t, { authorization })];
	for (const [n, line] of lines.entries()) {
		line.ask(n + 1, 'subscription', 'events.subscribe', { topics: [{ kind: 'org', id: t.orgId }] });
		await until(() => line.answers.some((a) => a.result?.type === 'started'));
	}
	const text = '„ü“ "\\ \u2028'.repeat(1_000);
	for (const size of [10, text.length])
		await t.app.events.transact((_tx, collect) => {
			const data = { text: text.slice(0, size) };
			collect.add(t.orgId, { stream: `org:${t.orgId}`, type: 'test.said', data, actor: 'test' });
			return Promise.resolve();
		});
	const said = (line: Line) =>
		line.answers
			.filter((a) => a.result?.type === 'data')
			.flatMap((a) => {
				const frame = (devalue.parse(a.result!.data!) as { data: { events?: unknown[] } }).data;
				return (frame.events ?? []) as { type: string; data: { text: string } }[];
			})
			.filter((event) => event.type === 'test.said')
			.map((event) => event.data.text);
	for (const [n, line] of lines.entries()) {
		await until(() => said(line).length === 2);
		expect(said(line)).toEqual([text.slice(0, 10), text]);
		expect(new Set(line.answers.map((a) => a.id))).toEqual(new Set([n + 1]));
	}
});

test('a reader that never reads is ended, and its memory with it', async () => {
	const t = await testApp();
	const authorization = await t.bearer('owner');
	const line = await open(t, { authorization });
	line.ask(1, 'subscription', 'events.subscribe', {
		topics: [{ kind: 'org', id: t.orgId }]
	});
	await until(() => line.answers.some((a) => a.result?.type === 'started'));
	// It asks and asks and takes nothing: what waits for it is bounded, then it is gone.
	line.socket.pause();
	const text = 'x'.repeat(7_900);
	const tell = (n: number) =>
		t.app.events.transact((_tx, collect) => {
			for (let i = 0; i < 50; i++)
				collect.add(t.orgId, {
					stream: `org:${t.orgId}`,
					type: 'test.noise',
					// Each text is its own: the wire says the same one only once.
					data: { n, text: `${n}/${i}/${text}` },
					actor: 'test'
				});
			return Promise.resolve();
		});
	const gone = until(() => t.app.upgrades.counts().get('/trpc') === 0, 'the end', 40_000);
	let over = false;
	void gone.finally(() => (over = true));
	for (let n = 0; n < 200 && !over; n++) await tell(n);
	await gone;
	expect(t.app.upgrades.counts().get('/trpc')).toBe(0);
});

test('clients that vanish leave nothing behind', async () => {
	const t = await testApp();
	const authorization = await t.bearer('viewer');
	for (let n = 0; n < 15; n++) {
		const line = await open(t, { authorization });
		line.ask(1, 'subscription', 'events.subscribe', {
			topics: [{ kind: 'village', id: t.villageId }],
			presence: true
		});
		await until(() => line.answers.length > 0);
		line.socket.terminate();
	}
	await until(() => t.app.upgrades.counts().get('/trpc') === 0);
	const line = await open(t, { authorization });
	line.ask(1, 'query', 'villages.state', { villageId: t.villageId });
	expect(await line.code(1)).toBe('ok');
});

async function ownerLogin(t: TestApp): Promise<string> {
	const link = await t.app.auth.loginLink();
	const code = link.url.split('/').at(-1)!;
	const login =
		link.kind === 'setup'
			? await t.app.orgs.setup(code, { name: 'Ada' }, { ip: null, agent: null })
			: await t.app.auth.redeemSignIn(code, { ip: null, agent: null });
	const cookie = t.app.auth.sessions.sessionCookie(login.token, false);
	return `${cookie.name}=${cookie.value}`;
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
	return Promise.race([
		promise,
		new Promise<never>((_resolve, reject) => {
			setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms).unref();
		})
	]);
}
