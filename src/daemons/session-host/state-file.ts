import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Attempt, Cols, Id, Rows, StopCause, StreamId } from '#protocol/host/fields.ts';
import { HostExit } from '#protocol/host/welcome.ts';

/** What is written down of a session, so that the next host finds it when this one dies. */
export const SessionState = z.object({
	sessionId: Id,
	attempt: Attempt,
	streamId: StreamId,
	mode: z.enum(['pty', 'pipes']),
	/** Value of VILLAGE_SESSION_MARK in every process of this attempt. */
	mark: z.string().min(1),
	/** Identity of the machine's boot: process numbers mean nothing on another one. */
	bootId: z.string(),
	/** Absent until the process was started. */
	root: z.object({ pid: z.int(), startTime: z.string() }).optional(),
	startedAt: z.int(),
	cols: Cols,
	rows: Rows,
	inOffset: z.int(),
	exit: HostExit.optional(),
	stopCause: StopCause.optional()
});
export type SessionState = z.infer<typeof SessionState>;

/** The folder of one attempt below the host's. */
export function sessionDir(dir: string, sessionId: string, attempt: number): string {
	return join(dir, 'sessions', `${sessionId}.${attempt}`);
}

/** Writes the state in one step: a reader finds the old one or the new one, never half of it. */
export function writeState(folder: string, state: SessionState): void {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const path = join(folder, 'state.json');
	writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
	renameSync(`${path}.new`, path);
}

/** Every session an earlier host wrote down here; folders without a readable state are deleted. */
export function readStates(dir: string): { folder: string; state: SessionState }[] {
	const root = join(dir, 'sessions');
	mkdirSync(root, { recursive: true, mode: 0o700 });
	return readdirSync(root).flatMap((name) => {
		const folder = join(root, name);
		try {
			const text = readFileSync(join(folder, 'state.json'), 'utf8');
			return [{ folder, state: SessionState.parse(JSON.parse(text)) }];
		} catch {
			// The state is written before the process is started: without one there never was a process.
			rmSync(folder, { recursive: true, force: true });
			return [];
		}
	});
}
