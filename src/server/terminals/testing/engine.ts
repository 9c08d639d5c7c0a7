// A real engine on a real database and a real folder, with a runner that only remembers what it was told.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, onTestFinished } from 'vitest';
import { decodeTerminalFrame, TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import { systemClock } from '#server/clock.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import { agents, villages } from '#server/db/schema/villages.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import type { Database } from '#server/db/open.ts';
import { openTestDatabase } from '#server/db/testing/database.ts';
import { newId } from '#server/new-id.ts';
import { openTerminals } from '../open.ts';
import type { OutputKind, Peer, RunnerPort, Terminals, TerminalTimings } from '../types.ts';

export interface FakeRunner extends RunnerPort {
	inputs: { attempt: number; offset: number; data: string }[];
	sizes: { cols: number; rows: number }[];
	acked: Map<string, number>;
	wants: { kind: OutputKind; expected: number }[];
}

export function fakeRunner(): FakeRunner {
	const runner: FakeRunner = {
		inputs: [],
		sizes: [],
		acked: new Map(),
		wants: [],
		input: (_session, attempt, offset, data) =>
			void runner.inputs.push({ attempt, offset, data: data.toString() }),
		resize: (_session, _attempt, cols, rows) => void runner.sizes.push({ cols, rows }),
		acknowledge: (session, attempt, kind, offset) =>
			void runner.acked.set(`${session}/${attempt}/${kind}`, offset),
		want: (_session, _attempt, kind, expected) => void runner.wants.push({ kind, expected })
	};
	return runner;
}

export interface TestEngine {
	terminals: Terminals;
	runner: FakeRunner;
	database: Database;
	dataDir: string;
	/** A running session of a new org. */
	session(over?: Partial<typeof sessions.$inferInsert>): Promise<string>;
	/** Another engine on the same files, as after kill -9: the first is left as it is, unclosed. */
	again(timings?: Partial<TerminalTimings>): TestEngine;
}

let shared: Promise<Database> | null = null;

/** One database for all tests of a file: sessions have their own ids, and opening one takes a second. */
export function sharedDatabase(): Promise<Database> {
	shared ??= openTestDatabase();
	return shared;
}

/** To be called once at the top of a test file. */
export function closeSharedDatabase(): void {
	afterAll(async () => {
		await (await shared)?.close();
		shared = null;
	});
}

export async function testEngine(timings: Partial<TerminalTimings> = {}): Promise<TestEngine> {
	const database = await sharedDatabase();
	const dataDir = mkdtempSync(join(tmpdir(), 'village-terminals-'));
	onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
	return engineOn(database, dataDir, timings);
}

function engineOn(
	database: Database,
	dataDir: string,
	timings: Partial<TerminalTimings>
): TestEngine {
	const runner = fakeRunner();
	const terminals = openTerminals({
		database,
		dataDir,
		port: runner,
		clock: systemClock,
		log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
		timings
	});
	onTestFinished(() => terminals.close());
	return {
		terminals,
		runner,
		database,
		dataDir,
		again: (next = timings) => engineOn(database, dataDir, next),
		session: (over) => insertSession(database, over)
	};
}

/** Rows of an org with one running session. */
export async function insertSession(
	database: Database,
	over: Partial<typeof sessions.$inferInsert> = {}
): Promise<string> {
	const { db } = database;
	const now = new Date();
	const orgId = over.orgId ?? newId();
	const ids = { village: newId(), agent: newId(), session: newId() };
	await db.insert(orgs).values({ id: orgId, name: 'Test' }).onConflictDoNothing();
	await db.insert(villages).values({
		id: ids.village,
		orgId,
		name: 'Test',
		seed: 'seed'
	});
	await db.insert(agents).values({
		id: ids.agent,
		orgId,
		villageId: ids.village,
		name: 'Ada',
		defaultProvider: 'shell'
	});
	await db.insert(sessions).values({
		id: ids.session,
		orgId,
		villageId: ids.village,
		agentId: ids.agent,
		providerId: 'shell',
		spec: {} as never,
		state: 'RUNNING',
		phase: 'live',
		attempt: 1,
		createdBy: 'test',
		timeoutMinutes: 60,
		usage: {} as never,
		createdAt: now,
		updatedAt: now,
		...over
	});
	return ids.session;
}

type PeerFrame = { kind: number; stream: number; offset: number; payload: Buffer };

export interface FakePeer extends Peer {
	/** Messages and frames in the order they were sent. */
	log: (TerminalDown | PeerFrame)[];
	backlog: number;
	messages: TerminalDown[];
	frames: PeerFrame[];
	/** Terminal bytes as they came, without snapshots. */
	bytes(): Buffer;
	of<T extends TerminalDown['t']>(t: T): Extract<TerminalDown, { t: T }>[];
}

export function fakePeer(id: string = newId()): FakePeer {
	const peer: FakePeer = {
		id,
		backlog: 0,
		log: [],
		messages: [],
		frames: [],
		frame(bytes) {
			const read = decodeTerminalFrame(bytes)!;
			const frame = { ...read, payload: Buffer.from(read.payload) };
			peer.frames.push(frame);
			peer.log.push(frame);
		},
		message(message) {
			peer.messages.push(message);
			peer.log.push(message);
		},
		bytes: () =>
			Buffer.concat(
				peer.frames.filter((f) => f.kind === TERMINAL_KIND.output).map((f) => f.payload)
			),
		of: <T extends TerminalDown['t']>(t: T) =>
			peer.messages.filter((m): m is Extract<TerminalDown, { t: T }> => m.t === t)
	};
	return peer;
}

export const person = (name: string, canWrite = true) => ({
	userId: `user-${name}`,
	name,
	canWrite
});

/** Waits until something holds; fails loudly after two seconds. */
export async function until(
	holds: () => boolean,
	what = 'the condition',
	ms = 5_000
): Promise<void> {
	const end = performance.now() + ms;
	while (!holds()) {
		if (performance.now() > end) throw new Error(`${what} did not come true`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}
