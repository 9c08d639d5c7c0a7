// The sessions a runner holds, and the two sides it speaks to. What happens to them is in starts, ends, adoption.
import type { HostUp } from '#protocol/host/up.ts';
import type { ProviderReport } from '#protocol/runner/provider-report.ts';
import type { RunnerMessage } from '#protocol/runner/up.ts';
import { KIND } from '#protocol/runner/binary.ts';
import type { HostClient } from '../session-host/client.ts';
import { holdSession, type Held } from './held-session.ts';
import type { Launchpad } from './launch.ts';
import { findProvider } from './providers/registry.ts';
import type { SessionRecord } from './state-dir.ts';
import { forgetTimers } from './work.ts';

/** Kinds of output a session may have. */
export const OUTPUT_KINDS = [KIND.terminal, KIND.stderr, KIND.raw, KIND.marks] as const;

/** Which placement of which session. */
export interface Ref {
	sessionId: string;
	attempt: number;
}

export interface TableOptions extends Launchpad {
	/** The session host's connection, or null while there is none. */
	host(): HostClient | null;
	push(message: RunnerMessage): void;
	sendBytes(frame: Uint8Array): boolean;
	ackInput(streamId: number, offset: number): void;
	nackInput(streamId: number, offset: number): void;
	sendError(code: string, message: string, about: { streamId?: number; sessionId?: string }): void;
	/** Whether the server has welcomed us on the connection that is open now. */
	connected(): boolean;
	/** Whether work events may be made: there is room for them. */
	roomForWork(): boolean;
	/** Most sessions at the same time. */
	capacity: number;
	/** False while the runner drains. */
	accepting(): boolean;
	reports(): readonly ProviderReport[];
	onNote(message: string): void;
	/** A session has ended or was forgotten: whoever drains looks again. */
	onIdle(): void;
}

export interface Table {
	readonly options: TableOptions;
	readonly all: ReadonlyMap<string, Held>;
	find(ref: Ref): Held | null;
	findStream(streamId: number): Held | null;
	hold(record: SessionRecord): Held;
	/** Forgets an attempt and its record. */
	drop(held: Held): void;
	toHost(message: Exclude<HostUp, { t: 'hello' }>): void;
	/** Sessions that have not ended. */
	active(): Held[];
}

export const keyOf = (ref: Ref): string => `${ref.sessionId} ${ref.attempt}`;

export const refOf = (held: Held): Ref => ({
	sessionId: held.record.sessionId,
	attempt: held.record.attempt
});

export const isActive = (held: Held): boolean => held.phase !== 'exited';

export function createTable(options: TableOptions): Table {
	const all = new Map<string, Held>();
	const byStream = new Map<number, Held>();
	return {
		options,
		all,
		find: (ref) => all.get(keyOf(ref)) ?? null,
		findStream: (streamId) => byStream.get(streamId) ?? null,
		hold(record) {
			const reports = findProvider(record.providerId)?.reports ?? 'none';
			const work = options.state.readWork(record.sessionId, record.attempt);
			const held = holdSession(record, reports, work);
			all.set(keyOf(record), held);
			byStream.set(record.streamId, held);
			return held;
		},
		drop(held) {
			forgetTimers(held);
			all.delete(keyOf(held.record));
			if (byStream.get(held.record.streamId) === held) byStream.delete(held.record.streamId);
			options.state.removeSession(held.record.sessionId, held.record.attempt);
			options.onIdle();
		},
		toHost: (message) => options.host()?.send(message),
		active: () => [...all.values()].filter(isActive)
	};
}
