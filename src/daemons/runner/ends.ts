// How a session ends: it is told once all its bytes went on, stopped when it must, and its traces are removed when asked.
import type { SessionStop } from '#protocol/runner/session-stop.ts';
import type { UsageTotals } from '#protocol/runner/usage-totals.ts';
import type { HostExited } from '#protocol/host/exited.ts';
import type { Held } from './held-session.ts';
import { isActive, refOf, type Ref, type Table } from './table.ts';
import { flushDigest, forgetTimers } from './work.ts';
import { isDirty } from './workspace.ts';
import { settle, type QuarantineOptions } from './quarantine.ts';
import { createSlots } from './slots.ts';

export interface Ends {
	/** The host says that the process has ended and all its output is in the spool. */
	exited(held: Held, message: Omit<HostExited, 't' | 'streamId' | 'sessionId' | 'attempt'>): void;
	/** It was stopped before it ran: there is an end, but no process and no bytes. */
	endUnstarted(held: Held): void;
	/** The host died with it. */
	lose(held: Held, exit?: Partial<NonNullable<Held['exit']>>): void;
	/** Tells the end if everything before it was told. */
	sendExitWhenDone(held: Held): void;
	sendExit(held: Held): void;
	stop(ref: Ref, cause: SessionStop['cause'], force: boolean): void;
	/** Removes spool and workspace; a session that runs is stopped first. */
	discard(held: Held): void;
}

/** Totals of an attempt as far as they are known. */
export function totalsOf(held: Pick<Held, 'cpuMs' | 'commands' | 'work'> | null): UsageTotals {
	return {
		tokensIn: null,
		tokensOut: null,
		cachedTokens: null,
		apiCalls: null,
		costUsd: null,
		filesChanged: null,
		commands: held?.commands ?? null,
		...held?.work.usage,
		cpuMs: held?.cpuMs ?? null
	};
}

const now = () => new Date().toISOString();

export function createEnds(table: Table): Ends {
	const { options } = table;
	const settling: QuarantineOptions = {
		...options,
		signal: new AbortController().signal,
		slot: createSlots(1, Infinity)
	};

	/** Looks once whether the worktree holds work, then tells the end. */
	async function finish(held: Held): Promise<void> {
		held.phase = 'exited';
		const { workspace } = held.record;
		held.dirty ??= workspace ? await isDirty(workspace, options.from) : false;
		if (held.discard) return discard(held);
		sendExitWhenDone(held);
		options.onIdle();
	}

	function sendExitWhenDone(held: Held): void {
		if (!held.exit || held.exitSent || held.dirty === null || !options.connected()) return;
		if (!held.output.reached(held.exit.finalOffsets)) return;
		held.exitSent = true;
		flushDigest(held, options);
		forgetTimers(held);
		sendExit(held);
	}

	function sendExit(held: Held): void {
		if (!held.exit) return;
		options.push({
			t: 'session.exited',
			...refOf(held),
			...held.exit,
			totals: totalsOf(held),
			...(held.work.result ? { providerResult: held.work.result } : {}),
			worktreeDirty: held.dirty ?? false
		});
	}

	function lose(held: Held, exit: Partial<NonNullable<Held['exit']>> = {}): void {
		held.exit = { code: null, signal: null, at: now(), finalOffsets: [], ...exit, hostLost: true };
		void finish(held);
	}

	function stop(ref: Ref, cause: SessionStop['cause'], force: boolean): void {
		const held = table.find(ref);
		if (held?.preparing) held.preparing.abort();
		else if (held && isActive(held)) table.toHost({ t: 'stop', ...refOf(held), cause, force });
		else if (held?.exitSent) sendExit(held);
		else if (!held)
			// Nothing of it is left here: the server must not wait for an end that cannot come.
			options.push({
				t: 'session.exited',
				sessionId: ref.sessionId,
				attempt: ref.attempt,
				code: null,
				signal: null,
				at: now(),
				finalOffsets: [],
				totals: totalsOf(null),
				worktreeDirty: false,
				hostLost: true
			});
	}

	function discard(held: Held): void {
		if (isActive(held)) {
			held.discard = true;
			return stop(held.record, 'superseded', true);
		}
		table.toHost({ t: 'discard', ...refOf(held) });
		const { workspace } = held.record;
		const ref = refOf(held);
		// On record before it is forgotten: a runner that is killed in between has lost nothing.
		if (workspace) options.state.writeKept({ ...ref, workspace, since: now() });
		table.drop(held);
		if (workspace) void settle(settling, ref, workspace);
	}

	return {
		exited(held, message) {
			held.exit = {
				code: message.code,
				signal: message.signal,
				at: new Date(message.at).toISOString(),
				finalOffsets: message.finalOffsets,
				...(message.stopCause ? { stopCause: message.stopCause } : {})
			};
			for (const { kind, offset } of message.finalOffsets)
				held.ranges.set(kind, { start: held.ranges.get(kind)?.start ?? 0, end: offset });
			void finish(held);
		},
		endUnstarted(held) {
			held.exit = { code: null, signal: null, at: now(), finalOffsets: [] };
			void finish(held);
		},
		lose,
		sendExitWhenDone,
		sendExit,
		stop,
		discard
	};
}
