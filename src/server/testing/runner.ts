// A minimal runner in the test's own hands: it says exactly what the test wants, also what no real runner would.
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { encodeBinary, decodeBinary, type Kind } from '#protocol/runner/binary.ts';
import type { ServerFrame } from '#protocol/runner/down.ts';
import type { RunnerAnswer, RunnerMessage } from '#protocol/runner/up.ts';
import { RUNNER_SUBPROTOCOL } from '#protocol/version.ts';
import { until, type TestApp } from './app.ts';

export type FrameOf<T extends ServerFrame['t']> = Extract<ServerFrame, { t: T }>;

export interface TestRunner {
	runnerId: string;
	credential: string;
	socket: WebSocket;
	received: ServerFrame[];
	input: Buffer[];
	closed: Promise<{ code: number; reason: string }>;
	raw(data: string | Uint8Array): void;
	/** Numbers and sends a reliable frame; returns its number. */
	say(message: RunnerMessage): number;
	bytes(kind: Kind, streamId: number, offset: number, data: string | Uint8Array): void;
	/** Waits for a frame of that type that `match` accepts. */
	next<T extends ServerFrame['t']>(
		t: T,
		match?: (frame: FrameOf<T>) => boolean
	): Promise<FrameOf<T>>;
	/** Takes the next session.start to running; returns its frame. */
	run(): Promise<FrameOf<'session.start'>>;
	/** Answers a question that is not numbered. */
	answer(answer: RunnerAnswer): void;
	exit(start: FrameOf<'session.start'>, code: number, finalOffset?: number): void;
	hello(extra?: Record<string, unknown>): void;
	/** What it answers when it is asked to look at a house; null: nothing. */
	seesHouse: { ok: boolean; message?: string; language?: string; files?: number } | null;
	close(): void;
}

/** Enrols a runner with a real join code. */
export async function enrol(test: TestApp): Promise<{ runnerId: string; credential: string }> {
	const caller = await test.caller('owner');
	const { joinToken } = await caller.runners.createJoinToken({ orgId: test.orgId });
	return test.app.runners.join(
		joinToken,
		{ hostname: 'bench', os: 'linux', arch: 'x64', runnerVersion: '0.0.0', capacity: 5 },
		{ ip: null }
	);
}

/** Connects and says hello; pass `known` to come back as the same runner. */
export async function connectRunner(
	test: TestApp,
	known?: { runnerId: string; credential: string; bootId?: string; seq?: number },
	hello: Record<string, unknown> | null = {}
): Promise<TestRunner> {
	const { runnerId, credential } = known ?? (await enrol(test));
	const socket = new WebSocket(`${test.wsUrl}/ws/runner`, RUNNER_SUBPROTOCOL, {
		headers: { authorization: `Bearer ${credential}` }
	});
	onTestFinished(() => socket.terminate());
	const received: ServerFrame[] = [];
	const input: Buffer[] = [];
	socket.on('message', (data: Buffer, binary) => {
		if (!binary) {
			const frame = JSON.parse(data.toString()) as ServerFrame;
			received.push(frame);
			if (frame.t === 'house.check' && runner.seesHouse)
				runner.say({
					t: 'house.checked',
					requestId: frame.requestId,
					...(frame.houseId ? { houseId: frame.houseId } : {}),
					language: null,
					files: null,
					...runner.seesHouse
				});
			return;
		}
		const result = decodeBinary(data);
		if (result.ok) input.push(Buffer.from(result.frame.payload));
	});
	const closed = new Promise<{ code: number; reason: string }>((resolve) =>
		socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
	);
	await new Promise((resolve, reject) => {
		socket.once('open', resolve);
		socket.once('error', reject);
	});
	let seq = known?.seq ?? 0;
	const bootId = known?.bootId ?? `boot-${Math.random().toString(36).slice(2)}`;
	const runner: TestRunner = {
		runnerId,
		credential,
		socket,
		received,
		input,
		closed,
		raw: (data) => socket.send(data),
		say(message) {
			seq += 1;
			socket.send(JSON.stringify({ ...message, seq }));
			return seq;
		},
		bytes: (kind, streamId, offset, data) =>
			socket.send(
				encodeBinary(kind, streamId, offset, typeof data === 'string' ? Buffer.from(data) : data)
			),
		next: (t, match = () => true) =>
			until(
				() =>
					received.find((f): f is FrameOf<typeof t> => f.t === t && match(f as FrameOf<typeof t>)),
				`a ${t} frame`
			),
		async run() {
			const start = await runner.next(
				'session.start',
				(f) => !started.has(`${f.sessionId}/${f.attempt}`)
			);
			started.add(`${start.sessionId}/${start.attempt}`);
			const ref = { sessionId: start.sessionId, attempt: start.attempt };
			runner.say({ t: 'session.accepted', ...ref });
			runner.say({
				t: 'session.started',
				...ref,
				pid: 4711,
				providerVersion: '1.0',
				mode: 'pty',
				level: 'L1',
				cols: 80,
				rows: 24
			});
			return start;
		},
		answer: (answer) => socket.send(JSON.stringify(answer)),
		exit(start, code, finalOffset = 0) {
			runner.say({
				t: 'session.exited',
				sessionId: start.sessionId,
				attempt: start.attempt,
				code,
				signal: null,
				at: new Date().toISOString(),
				finalOffsets: [{ kind: 1, offset: finalOffset }],
				totals: {} as never,
				worktreeDirty: false
			});
		},
		hello(extra = {}) {
			socket.send(
				JSON.stringify({
					t: 'hello',
					protocol: 1,
					minProtocol: 1,
					runnerId,
					bootId,
					runnerVersion: '0.0.0',
					hostname: 'bench',
					os: 'linux',
					arch: 'x64',
					startedAt: new Date().toISOString(),
					capacity: 5,
					providers: [{ id: 'shell', level: 'L1', auth: 'ok' }],
					recv: { seq: 0 },
					...extra
				})
			);
		},
		seesHouse: { ok: true, language: 'TypeScript', files: 42 },
		close: () => socket.terminate()
	};
	const started = new Set<string>();
	if (hello) {
		runner.hello(hello);
		await runner.next('welcome');
	}
	return runner;
}
