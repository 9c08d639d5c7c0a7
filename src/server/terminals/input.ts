// What people and programs write to a session: one sequence of offsets per attempt, sent in order, kept until the runner
// has taken it. Keystrokes live in memory only; other input is stored before it is sent and so survives a restart.
import { and, asc, eq, lt, ne } from 'drizzle-orm';
import type { Clock } from '#server/clock.ts';
import { terminalInput } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { RunnerPort } from './types.ts';

/** Largest single input, bytes (control-plane.md 8.6). */
export const MAX_INPUT_CALL = 65_536;
/** Input nobody has taken yet, per session, bytes (control-plane.md 8.6). */
export const MAX_INPUT_WAITING = 65_536;

export interface SessionInput {
	/** Keystrokes: sent at once, in memory only. `taken` is called when the runner has them. Throws `TERMINAL_BACKPRESSURE`. */
	key(data: Buffer, taken: () => void): void;
	/** Stored first, then sent. Resolves when committed, with the offset after it. */
	store(data: Buffer): Promise<number>;
	/** The runner has taken everything before this offset. */
	acknowledged(attempt: number, offset: number): void;
	/** The runner is there and wants input from `inOffset` on. */
	linked(attempt: number, inOffset: number): Promise<void>;
	unlinked(): void;
	/** Input of an attempt that ended is of no use to the next one. */
	begin(attempt: number): void;
}

interface Entry {
	offset: number;
	data: Buffer;
	stored: boolean;
	taken: (() => void) | null;
	/** Committed, or a keystroke: may be sent. */
	ready: boolean;
}

export function createSessionInput(deps: {
	database: Database;
	clock: Clock;
	log: Logger;
	port: RunnerPort;
	sessionId: string;
	attempt: number;
}): SessionInput {
	const { database, sessionId, port } = deps;
	let attempt = deps.attempt;
	let next = 0;
	let linked = false;
	/** Index of the first entry that was not sent on this link. */
	let unsent = 0;
	// Bound: MAX_INPUT_WAITING bytes.
	const entries: Entry[] = [];
	let waiting = 0;
	let loaded: Promise<void> | null = null;
	const chain = { tail: Promise.resolve() as Promise<unknown> };

	function admit(bytes: number): void {
		if (bytes > MAX_INPUT_CALL)
			throw new AppError('PAYLOAD_TOO_LARGE', 'At most 64 KiB of input at a time.', {
				limit: MAX_INPUT_CALL
			});
		if (waiting + bytes > MAX_INPUT_WAITING)
			throw new AppError('TERMINAL_BACKPRESSURE', 'The session has not read earlier input yet.', {
				waiting,
				limit: MAX_INPUT_WAITING
			});
	}

	function push(data: Buffer, stored: boolean, taken: (() => void) | null): Entry {
		const entry = { offset: next, data, stored, taken, ready: !stored };
		entries.push(entry);
		next += data.length;
		waiting += data.length;
		return entry;
	}

	function send(): void {
		if (!linked) return;
		for (let entry = entries[unsent]; entry?.ready; entry = entries[unsent]) {
			unsent++;
			port.input(sessionId, attempt, entry.offset, entry.data);
		}
	}

	/** What an earlier process stored and the runner has not taken. */
	function load(): Promise<void> {
		loaded ??= (async () => {
			const rows = await database.db
				.select()
				.from(terminalInput)
				.where(and(eq(terminalInput.sessionId, sessionId), eq(terminalInput.attempt, attempt)))
				.orderBy(asc(terminalInput.startOffset));
			const old = rows.map((row) => ({
				offset: row.startOffset,
				data: Buffer.from(row.data),
				stored: true,
				taken: null,
				ready: true
			}));
			const end = old.length > 0 ? old.at(-1)!.offset + old.at(-1)!.data.length : 0;
			for (const entry of entries) entry.offset += end;
			entries.unshift(...old);
			next += end;
			waiting += old.reduce((sum, entry) => sum + entry.data.length, 0);
		})();
		return loaded;
	}

	/** One change of stored rows at a time. */
	function inOrder<T>(work: () => Promise<T>): Promise<T> {
		const run = chain.tail.then(work);
		chain.tail = run.catch(() => {});
		return run;
	}

	function take(offset: number): void {
		let stored = false;
		while (entries[0] && entries[0].offset + entries[0].data.length <= offset) {
			const entry = entries.shift()!;
			if (unsent > 0) unsent--;
			waiting -= entry.data.length;
			stored ||= entry.stored;
			entry.taken?.();
		}
		if (!stored) return;
		const current = attempt;
		inOrder(() =>
			database.db
				.delete(terminalInput)
				.where(
					and(
						eq(terminalInput.sessionId, sessionId),
						eq(terminalInput.attempt, current),
						lt(terminalInput.startOffset, offset)
					)
				)
		).catch((error: unknown) =>
			deps.log.warn({ err: error, sessionId }, 'taken terminal input not deleted')
		);
	}

	return {
		key(data, taken) {
			admit(data.length);
			push(data, false, taken);
			send();
		},
		store(data) {
			admit(data.length);
			return inOrder(async () => {
				await load();
				admit(data.length);
				const entry = push(data, true, null);
				try {
					await database.db.insert(terminalInput).values({
						sessionId,
						attempt,
						startOffset: entry.offset,
						data,
						at: deps.clock.now()
					});
				} catch (error) {
					// Nothing behind it was sent: what waits moves up by its length.
					const at = entries.indexOf(entry);
					entries.splice(at, 1);
					for (const later of entries.slice(at)) later.offset -= data.length;
					next -= data.length;
					waiting -= data.length;
					send();
					throw error;
				}
				entry.ready = true;
				send();
				return entry.offset + data.length;
			});
		},
		acknowledged(of, offset) {
			if (of === attempt) take(offset);
		},
		begin(newer) {
			if (newer <= attempt) return;
			attempt = newer;
			next = unsent = waiting = 0;
			entries.length = 0;
			linked = false;
			loaded = null;
			inOrder(() =>
				database.db
					.delete(terminalInput)
					.where(and(eq(terminalInput.sessionId, sessionId), ne(terminalInput.attempt, newer)))
			).catch((error: unknown) =>
				deps.log.warn({ err: error, sessionId }, 'old terminal input not deleted')
			);
		},
		linked: (of, inOffset) =>
			inOrder(async () => {
				if (of !== attempt) return;
				linked = false;
				await load();
				if (of !== attempt) return;
				take(inOffset);
				const first = entries[0];
				let moved = false;
				if (first && first.offset < inOffset) {
					// Half of it was taken; the row is renumbered below with the rest.
					const cut = inOffset - first.offset;
					first.data = first.data.subarray(cut);
					waiting -= cut;
					moved = first.stored;
				}
				// Keystrokes that were under way when the server died are gone, and with them their offsets: what is
				// left moves up, because the runner takes only what follows on what it has.
				let at = inOffset;
				for (const entry of entries) {
					moved ||= entry.stored && entry.offset !== at;
					entry.offset = at;
					at += entry.data.length;
				}
				next = at;
				if (moved) await renumber();
				linked = true;
				unsent = 0;
				send();
			}),
		unlinked() {
			linked = false;
			unsent = 0;
		}
	};

	async function renumber(): Promise<void> {
		const rows = entries
			.filter((entry) => entry.stored && entry.ready)
			.map((entry) => ({
				sessionId,
				attempt,
				startOffset: entry.offset,
				data: entry.data,
				at: deps.clock.now()
			}));
		await database.db.transaction(async (tx) => {
			await tx
				.delete(terminalInput)
				.where(and(eq(terminalInput.sessionId, sessionId), eq(terminalInput.attempt, attempt)));
			if (rows.length > 0) await tx.insert(terminalInput).values(rows);
		});
	}
}
