import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { HostDown } from '#protocol/host/down.ts';
import type { OutputKind } from '#protocol/host/limits.ts';
import { decodeMarks } from '#protocol/host/mark.ts';
import type { Mark } from '#protocol/host/mark.ts';
import type { HostStart } from '#protocol/host/start.ts';
import { connectHost } from '../client.ts';
import type { HostClient } from '../client.ts';
import { runSessionHost } from '../main.ts';
import type { SessionHost, SessionHostOptions } from '../main.ts';

export interface TestHost {
	host: SessionHost;
	dir: string;
	socketPath: string;
}

/** An empty folder with a short path, deleted after the test. */
export function makeFolder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'vh-'));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

/** A real host in this process, with short stop times, closed after the test. */
export async function openTestHost(options: Partial<SessionHostOptions> = {}): Promise<TestHost> {
	const dir = options.dir ?? makeFolder();
	const socketPath = join(dir, 'h.sock');
	const host = await runSessionHost({
		dir,
		socketPath,
		stopTimes: { termMs: 150, killMs: 400, leftoverMs: 200 },
		...options
	});
	onTestFinished(() => host.close());
	return { host, dir, socketPath };
}

type Told<T extends HostDown['t']> = Extract<HostDown, { t: T }>;

/** A runner as tests need it: keeps what it is told, puts bytes together, acknowledges them. */
export interface TestRunner {
	client: HostClient;
	told: HostDown[];
	/** Waits for a message, also one that has come already; each is given once. */
	next<T extends HostDown['t']>(t: T, waitMs?: number): Promise<Told<T>>;
	bytes(streamId: number, kind?: OutputKind): Buffer;
	text(streamId: number, kind?: OutputKind): string;
	marks(streamId: number): Mark[];
	/** Waits until the text of a stream contains something. */
	see(streamId: number, text: string, kind?: OutputKind): Promise<string>;
	closed: Promise<string>;
	frames: { kind: number; streamId: number; offset: number; length: number; at: number }[];
}

/** Connects; `from` holds bytes kept from an earlier connection. Fails when an offset does not fit. */
export async function connectRunner(
	socketPath: string,
	options: { ack?: boolean; from?: Map<string, Buffer[]> } = {}
): Promise<TestRunner> {
	const told: HostDown[] = [];
	const streams = options.from ?? new Map<string, Buffer[]>();
	const ends = new Map<string, number>();
	for (const [key, parts] of streams) ends.set(key, Buffer.concat(parts).length);
	const frames: TestRunner['frames'] = [];
	let wake = (): void => undefined;
	let onClosed: (code: string) => void = () => undefined;
	const closed = new Promise<string>((resolve) => (onClosed = resolve));

	const client: HostClient = await connectHost({
		socketPath,
		onMessage(message) {
			told.push(message);
			wake();
		},
		onFrame({ kind, streamId, offset, payload }) {
			const key = `${streamId}/${kind}`;
			const parts = streams.get(key) ?? [];
			streams.set(key, parts);
			const end = ends.get(key) ?? 0;
			if (offset !== end) throw new Error(`stream ${key}: ${offset} came, ${end} was wanted`);
			parts.push(Buffer.from(payload));
			ends.set(key, end + payload.length);
			frames.push({ kind, streamId, offset, length: payload.length, at: performance.now() });
			if (options.ack !== false) {
				const streamOffset = { streamId, kind: kind as OutputKind, offset: end + payload.length };
				client.send({ t: 'ack', streams: [streamOffset] });
			}
			wake();
		},
		onClose: (error) => onClosed(error.code)
	});
	onTestFinished(() => client.close());

	async function until<T>(look: () => T | undefined, waitMs: number, what: string): Promise<T> {
		const end = Date.now() + waitMs;
		for (;;) {
			const found = look();
			if (found !== undefined) return found;
			if (Date.now() > end)
				throw new Error(`${what} did not come; told: ${told.map((one) => one.t)}`);
			await Promise.race([sleep(50), new Promise<void>((resolve) => (wake = resolve))]);
		}
	}
	const bytes = (streamId: number, kind: OutputKind = 1): Buffer =>
		Buffer.concat(streams.get(`${streamId}/${kind}`) ?? []);
	return {
		client,
		told,
		frames,
		closed,
		bytes,
		text: (streamId, kind) => bytes(streamId, kind).toString('utf8'),
		marks: (streamId) => decodeMarks(bytes(streamId, 4)),
		next: <T extends HostDown['t']>(t: T, waitMs = 10_000) =>
			until(
				() => {
					const at = told.findIndex((one) => one.t === t);
					return at < 0 ? undefined : (told.splice(at, 1)[0] as Told<T>);
				},
				waitMs,
				t
			),
		see: (streamId, text, kind) =>
			until(
				() => {
					const all = bytes(streamId, kind).toString('utf8');
					return all.includes(text) ? all : undefined;
				},
				10_000,
				JSON.stringify(text)
			)
	};
}

let streams = 100;

/** A start message of `sh -c script`, or of the given program. */
export function startOf(script: string | string[], more: Partial<HostStart> = {}): HostStart {
	return {
		t: 'start',
		sessionId: randomUUID(),
		attempt: 1,
		streamId: (streams += 1),
		mode: 'pty',
		argv: typeof script === 'string' ? ['/bin/sh', '-c', script] : script,
		cwd: tmpdir(),
		env: { PATH: process.env.PATH ?? '/usr/bin:/bin', TERM: 'xterm-256color', LANG: 'C.UTF-8' },
		cols: 80,
		rows: 24,
		...more
	};
}

export function sha256(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** Pids of living processes whose environment has this session id. */
export function livingOf(sessionId: string, pids: number[]): number[] {
	return pids.filter((pid) => {
		try {
			return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(sessionId);
		} catch {
			return false;
		}
	});
}
