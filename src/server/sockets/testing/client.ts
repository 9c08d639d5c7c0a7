// A client of `/ws` in the test's own hands, which believes nothing that its schema does not say.
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ServerMessage } from '#protocol/client/down.ts';
import { until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, type TestRunner } from '#server/testing/runner.ts';

type Message<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;
type Event<N extends Message<'event'>['event']> = Extract<Message<'event'>, { event: N }>;

export interface TestClient {
	socket: WebSocket;
	received: ServerMessage[];
	closed: Promise<{ code: number; reason: string }>;
	say(message: Record<string, unknown> | string): void;
	/** Sends with a messageId and waits for what carries it. */
	ask(message: Record<string, unknown>): Promise<ServerMessage>;
	/** The code of the refusal that answers a message; `ok` for none. */
	code(message: Record<string, unknown>): Promise<string>;
	of<T extends ServerMessage['type']>(type: T): Message<T>[];
	events<N extends Message<'event'>['event']>(name: N): Event<N>[];
	/** Numbered frames of a session. */
	numbered(sessionId: string): (Message<'session'> | Message<'approval_required'>)[];
	/** Everything a session printed, as far as it came; throws when a byte is missing or doubled. */
	text(sessionId: string): string;
}

export async function openClient(
	t: Pick<TestApp, 'wsUrl'>,
	headers: Record<string, string> = {},
	path = '/ws'
): Promise<TestClient> {
	const socket = new WebSocket(t.wsUrl + path, { headers });
	onTestFinished(() => socket.terminate());
	const received: ServerMessage[] = [];
	socket.on('message', (data: Buffer, binary) => {
		if (binary) throw new Error('only text was promised');
		received.push(ServerMessage.parse(JSON.parse(data.toString())));
	});
	const closed = new Promise<{ code: number; reason: string }>((resolve) =>
		socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
	);
	await new Promise<void>((resolve, reject) => {
		socket.once('open', () => resolve());
		socket.once('error', reject);
	});
	let n = 0;
	const client: TestClient = {
		socket,
		received,
		closed,
		say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
		async ask(message) {
			const messageId = `m${++n}`;
			client.say({ ...message, messageId });
			return until(
				() => received.find((one) => 'messageId' in one && one.messageId === messageId),
				`an answer to ${JSON.stringify(message).slice(0, 200)}`,
				15_000
			);
		},
		async code(message) {
			const answer = await client.ask(message);
			return answer.type === 'error' ? answer.code : 'ok';
		},
		of: (type) => received.filter((one): one is Message<typeof type> => one.type === type),
		events: (name) =>
			client.of('event').filter((one): one is Event<typeof name> => one.event === name),
		numbered: (sessionId) =>
			received.filter(
				(one): one is Message<'session'> | Message<'approval_required'> =>
					(one.type === 'session' || one.type === 'approval_required') &&
					one.sessionId === sessionId
			),
		text(sessionId) {
			let text = '';
			let next: number | null = null;
			for (const one of client.of('terminal')) {
				if (one.sessionId !== sessionId) continue;
				if (next !== null && one.offset !== next)
					throw new Error(`byte ${one.offset} came where ${next} was due`);
				next = one.nextOffset;
				text += one.data;
			}
			return text;
		}
	};
	return client;
}

/** A client that has said who it is. */
export async function openAs(t: TestApp, role: 'viewer' | 'operator' | 'owner') {
	const client = await openClient(t, { authorization: await t.bearer(role) });
	await until(() => client.events('authenticated').length === 1);
	return client;
}

export interface Live {
	sessionId: string;
	attempt: number;
	streamId: number;
	runner: TestRunner;
	/** The process prints. */
	print(data: string | Uint8Array): void;
	printed(): Buffer;
	exit(code: number): void;
}

/** A running session on a runner of the test's own. */
export async function liveSession(t: TestApp, known?: TestRunner): Promise<Live> {
	const runner = known ?? (await connectRunner(t));
	const operator = await t.caller('operator');
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	let start = await runner.run();
	while (start.sessionId !== sessionId) start = await runner.run();
	await until(
		async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING',
		'running',
		15_000
	);
	let all = Buffer.alloc(0);
	return {
		sessionId,
		attempt: start.attempt,
		streamId: start.streamId,
		runner,
		print(data) {
			const bytes = Buffer.from(data);
			for (let at = 0; at < bytes.length; at += 60_000)
				runner.bytes(1, start.streamId, all.length + at, bytes.subarray(at, at + 60_000));
			all = Buffer.concat([all, bytes]);
		},
		printed: () => all,
		exit: (code) => runner.exit(start, code, all.length)
	};
}
