// What the session host holds, compared with what the runner remembers: after a start of either of them.
import type { Ask } from '#protocol/host/ask.ts';
import { STREAM_KIND } from '#protocol/host/limits.ts';
import type { HostSession, HostWelcome } from '#protocol/host/welcome.ts';
import type { Ends } from './ends.ts';
import type { Held } from './held-session.ts';
import { toRequest } from './approvals.ts';
import { createInputRelay } from './relay.ts';
import type { Starts } from './starts.ts';
import type { SessionRecord } from './state-dir.ts';
import { isActive, keyOf, OUTPUT_KINDS, type Table } from './table.ts';
import { removeWorkspace } from './workspace.ts';

export interface Adoption {
	hostWelcome(welcome: HostWelcome): void;
	askServer(held: Held, ask: Ask): void;
	/** Sends the output of a session from these offsets on (kinds that are not named: from 0). */
	follow(held: Held, from: ReadonlyMap<number, number>): void;
}

/** What can be said of a session whose record is lost: the process lives, so it is kept. */
function recordOf(session: HostSession): SessionRecord {
	return {
		sessionId: session.sessionId,
		attempt: session.attempt,
		streamId: session.streamId,
		providerId: 'custom',
		providerVersion: null,
		level: 'L1',
		cols: session.cols,
		rows: session.rows,
		leased: false,
		started: true
	};
}

export function createAdoption(table: Table, starts: Starts, ends: Ends): Adoption {
	const { options } = table;
	/** Records of before that no host has claimed yet; null once the first host has spoken. */
	let orphans: SessionRecord[] | null = options.state.readSessions();

	function follow(held: Held, from: ReadonlyMap<number, number>): void {
		if (held.phase === 'preparing') return;
		const { streamId } = held.record;
		const streams = OUTPUT_KINDS.map((kind) => {
			const offset = from.get(kind) ?? 0;
			// A line that was half read when a runner died is read from its start; the server passes over what it has.
			const line = kind === STREAM_KIND.raw ? (held.told?.next ?? offset) : offset;
			return { streamId, kind, offset: Math.min(offset, line) };
		});
		// Also while the host is away: when it is back, it is asked from here on and not from 0.
		for (const { kind, offset } of streams) held.output.follow(kind, offset);
		table.toHost({ t: 'follow', streams });
		ends.sendExitWhenDone(held);
	}

	function adopt(session: HostSession): void {
		const known = table.find(session);
		const kept = orphans?.find((record) => keyOf(record) === keyOf(session));
		const held = known ?? table.hold(kept ?? recordOf(session));
		held.pid = session.pid ?? null;
		held.startMessage = null;
		Object.assign(held.record, { cols: session.cols, rows: session.rows });
		if (known) held.input.written(session.inOffset);
		else held.input = createInputRelay(session.inOffset);
		held.ranges = new Map(session.streams.map(({ kind, start, end }) => [kind, { start, end }]));
		const finalOffsets = session.streams.map(({ kind, end }) => ({ kind, offset: end }));
		if (session.phase === 'exited' && session.exit)
			ends.exited(held, { ...session.exit, finalOffsets, stopCause: session.stopCause });
		else if (session.phase === 'exited' || session.phase === 'lost')
			ends.lose(held, {
				...(session.stopCause ? { stopCause: session.stopCause } : {}),
				finalOffsets
			});
		else {
			held.phase = session.phase;
			if (!known || !held.record.started) {
				held.record.started = true;
				options.state.writeSession(held.record);
				starts.sendStarted(held);
			}
		}
		for (const ask of session.asks) askServer(held, ask);
		for (const { approvalId, generation, effect, by, withdrawn } of session.askOutcomes) {
			held.asks.delete(approvalId);
			options.push(
				effect
					? { t: 'approval.applied', approvalId, generation, effect, ...(by ? { by } : {}) }
					: { t: 'approval.withdrawn', approvalId, reason: withdrawn ?? 'session_ended' }
			);
		}
		if (known && options.connected())
			follow(held, new Map(OUTPUT_KINDS.map((kind) => [kind, held.output.next(kind) ?? 0])));
	}

	function askServer(held: Held, ask: Ask): void {
		if (held.asks.get(ask.approvalId) === ask.generation) return;
		held.asks.set(ask.approvalId, ask.generation);
		options.push(toRequest(ask));
	}

	/** Sessions somebody thought of that the host does not know. */
	function settle(there: ReadonlySet<string>): void {
		for (const record of orphans ?? []) {
			if (there.has(keyOf(record))) continue;
			if (record.started) {
				ends.lose(table.hold(record));
				continue;
			}
			const no = {
				code: 'internal',
				message: 'the runner was restarted',
				retryable: true
			} as const;
			starts.reject(record, no);
			options.state.removeSession(record.sessionId, record.attempt);
			if (record.workspace)
				void removeWorkspace(options.state, record, record.workspace, options.from).catch(
					(error: unknown) => options.onNote(`a workspace stays: ${String(error)}`)
				);
		}
		orphans = null;
		for (const held of table.all.values()) {
			if (there.has(keyOf(held.record)) || !isActive(held) || held.phase === 'preparing') continue;
			if (held.startMessage) table.toHost(held.startMessage);
			else ends.lose(held);
		}
	}

	return {
		hostWelcome(welcome) {
			for (const session of welcome.sessions) adopt(session);
			settle(new Set(welcome.sessions.map(keyOf)));
		},
		askServer,
		follow
	};
}
