// What a runner keeps on disk: its identity, what it has applied, and one record per session it prepared.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Attempt, Id, Seq, StreamId } from '#protocol/envelope.ts';
import { ProviderResult } from '#protocol/runner/session-exited.ts';
import { UsageFigures } from '#protocol/runner/usage-totals.ts';

/** Who this runner is; `runner.json`, mode 0600. */
export const RunnerIdentity = z.object({
	runnerId: Id,
	credential: z.string().min(1),
	/** `ws://` or `wss://…/ws/runner` */
	wsUrl: z.url(),
	/** The server's address for people. */
	serverUrl: z.string().optional(),
	capacity: z.number().int().min(1).max(100).default(5),
	features: z.array(z.string()).default([]),
	allowLocal: z.array(z.string()).default([])
});
export type RunnerIdentity = z.infer<typeof RunnerIdentity>;

/** Where a session works, kept so that a restarted runner can clean up. */
export const WorkspaceRecord = z.object({
	kind: z.enum(['worktree', 'folder', 'scratch']),
	cwd: z.string(),
	/** Git directory the worktree belongs to. */
	gitDir: z.string().optional(),
	branch: z.string().optional(),
	headSha: z.string().optional()
});
export type WorkspaceRecord = z.infer<typeof WorkspaceRecord>;

/** What the runner must know of a session after it was restarted; never its environment. */
export const SessionRecord = z.object({
	sessionId: Id,
	attempt: Attempt,
	streamId: StreamId,
	providerId: z.string(),
	providerVersion: z.string().nullable(),
	level: z.enum(['L1', 'L2', 'L3']),
	cols: z.number().int(),
	rows: z.number().int(),
	leased: z.boolean(),
	/** Whether the session host has started it. */
	started: z.boolean(),
	/** Absent while it is prepared. */
	workspace: WorkspaceRecord.optional()
});
export type SessionRecord = z.infer<typeof SessionRecord>;

/** A workspace whose session has ended. */
export const KeptRecord = z.object({
	sessionId: Id,
	attempt: Attempt,
	workspace: WorkspaceRecord,
	since: z.iso.datetime()
});
export type KeptRecord = z.infer<typeof KeptRecord>;

/**
 * Number of the last work event, and up to which terminal byte reports were read; for a driven session also the end of
 * the last line it told, its latest totals and the word on its last turn, because those lines are not read again.
 */
export const WorkCounter = z.object({
	n: Seq.or(z.literal(0)),
	offset: z.number().int().min(0),
	told: z.number().int().min(0).optional(),
	usage: UsageFigures.optional(),
	result: ProviderResult.optional()
});
export type WorkCounter = z.infer<typeof WorkCounter>;

/** A Unix socket's path may hold 103 bytes on every system we run on; the host adds `.ask` to its own. */
const MAX_SOCKET_PATH = 99;

/** The files of one runner. All writes replace the file as a whole, so a kill leaves the old or the new one. */
export interface StateDir {
	readonly root: string;
	/** Folder of the session host. */
	readonly hostDir: string;
	/** Folder with the `village` program that sessions find first on their PATH. */
	readonly binDir: string;
	/** Folder of mirrors, worktrees and scratch folders. */
	readonly workDir: string;
	/** Patches of worktrees that were removed. */
	readonly patchDir: string;
	socketPath(name: 'host' | 'runner'): string;
	readIdentity(): RunnerIdentity | null;
	writeIdentity(identity: RunnerIdentity): void;
	removeIdentity(): void;
	/** Last frame of the server that was applied, or null when that is not known for this runner. */
	readReceived(runnerId: string): number | null;
	writeReceived(runnerId: string, seq: number): void;
	readSessions(): SessionRecord[];
	writeSession(record: SessionRecord): void;
	removeSession(sessionId: string, attempt: number): void;
	readKept(sessionId: string, attempt: number): KeptRecord | null;
	listKept(): KeptRecord[];
	writeKept(record: KeptRecord): void;
	removeKept(sessionId: string, attempt: number): void;
	readWork(sessionId: string, attempt: number): WorkCounter;
	writeWork(sessionId: string, attempt: number, counter: WorkCounter): void;
	/** Path of a file of one attempt; its name comes from ids alone. */
	sessionFile(sessionId: string, attempt: number, extension: string): string;
}

/** Ids may hold `:` and any case; file systems may not. The hash keeps two ids apart that differ in such things. */
export function pathKey(id: string): string {
	const safe = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 48);
	return safe === id && /^[a-z0-9_-]+$/.test(id)
		? id
		: `${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

/** Opens (and makes) a runner's folder, mode 0700. */
export function openStateDir(dir: string): StateDir {
	const root = resolve(dir);
	const sessionsDir = join(root, 'sessions');
	mkdirSync(root, { recursive: true, mode: 0o700 });
	mkdirSync(sessionsDir, { recursive: true, mode: 0o700 });
	const keptDir = join(root, 'kept');
	mkdirSync(keptDir, { recursive: true, mode: 0o700 });
	const keptFile = (sessionId: string, attempt: number) =>
		join(keptDir, `${pathKey(sessionId)}.${attempt}.json`);
	const identityFile = join(root, 'runner.json');
	const receivedFile = join(root, 'received.json');

	const sessionFile = (sessionId: string, attempt: number, extension: string) =>
		join(sessionsDir, `${pathKey(sessionId)}.${attempt}.${extension}`);

	return {
		root,
		hostDir: join(root, 'host'),
		binDir: join(root, 'bin'),
		workDir: join(root, 'work'),
		patchDir: join(root, 'patches'),
		socketPath(name) {
			const path = join(root, `${name}.sock`);
			if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
			const short = join(tmpdir(), `village-${userInfo().uid}`);
			mkdirSync(short, { recursive: true, mode: 0o700 });
			return join(short, `${createHash('sha256').update(path).digest('hex').slice(0, 16)}.sock`);
		},
		readIdentity: () => readJson(identityFile, RunnerIdentity),
		writeIdentity: (identity) => writeJson(identityFile, identity),
		removeIdentity: () => rmSync(identityFile, { force: true }),
		readReceived(runnerId) {
			const kept = readJson(receivedFile, z.object({ runnerId: Id, seq: z.number().int().min(0) }));
			return kept?.runnerId === runnerId ? kept.seq : null;
		},
		writeReceived: (runnerId, seq) => writeJson(receivedFile, { runnerId, seq }),
		readSessions() {
			return readdirSync(sessionsDir)
				.filter((name) => /\.\d+\.json$/.test(name))
				.map((name) => readJson(join(sessionsDir, name), SessionRecord))
				.filter((record) => record !== null);
		},
		writeSession: (record) =>
			writeJson(sessionFile(record.sessionId, record.attempt, 'json'), record),
		removeSession(sessionId, attempt) {
			for (const extension of ['json', 'work', 'scenario.json', 'drive.json'])
				rmSync(sessionFile(sessionId, attempt, extension), { force: true });
		},
		readKept: (sessionId, attempt) => readJson(keptFile(sessionId, attempt), KeptRecord),
		listKept: () =>
			readdirSync(keptDir)
				.filter((name) => name.endsWith('.json'))
				.map((name) => readJson(join(keptDir, name), KeptRecord))
				.filter((record) => record !== null),
		writeKept: (record) => writeJson(keptFile(record.sessionId, record.attempt), record),
		removeKept: (sessionId, attempt) => rmSync(keptFile(sessionId, attempt), { force: true }),
		readWork: (sessionId, attempt) =>
			readJson(sessionFile(sessionId, attempt, 'work'), WorkCounter) ?? { n: 0, offset: 0 },
		writeWork: (sessionId, attempt, counter) =>
			writeJson(sessionFile(sessionId, attempt, 'work'), counter),
		sessionFile
	};
}

function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return null;
	}
	try {
		return schema.parse(JSON.parse(text));
	} catch {
		return null;
	}
}

function writeJson(file: string, value: unknown): void {
	const next = `${file}.${process.pid}.new`;
	writeFileSync(next, JSON.stringify(value), { mode: 0o600 });
	renameSync(next, file);
}
