// The sessions of this runner, seen from its two sides: commands, bytes and welcomes in, answers out.
import type { HostDown } from '#protocol/host/down.ts';
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { HostWelcome } from '#protocol/host/welcome.ts';
import { KIND, type BinaryFrame } from '#protocol/runner/binary.ts';
import type { ReliableServerFrame } from '#protocol/runner/down.ts';
import type { HeldApproval, HeldSession } from '#protocol/runner/hello.ts';
import type { StreamAck } from '#protocol/runner/streams.ts';
import type { Welcome } from '#protocol/runner/welcome.ts';
import { createAdoption } from './adoption.ts';
import { toHostDecision } from './approvals.ts';
import { cpuOfTrees } from './cpu.ts';
import { createEnds, totalsOf } from './ends.ts';
import { describeHeld, type Held } from './held-session.ts';
import { createHostMessages } from './host-messages.ts';
import { createStarts } from './starts.ts';
import type { WorkspaceRecord } from './state-dir.ts';
import { createTable, isActive, keyOf, refOf, type Ref, type TableOptions } from './table.ts';
import { carryOutput, carryTold, forgetTimers } from './work.ts';

/** Changes of totals within this time are told together. */
const USAGE_SOON_MS = 250;

type OutputKind = 1 | 2 | 3 | 4;
const isOutput = (kind: number): kind is OutputKind => kind >= KIND.terminal && kind <= KIND.marks;

export interface Sessions {
	command(frame: ReliableServerFrame): void;
	input(frame: BinaryFrame): void;
	hostWelcome(welcome: HostWelcome): void;
	hostMessage(message: Exclude<HostDown, HostWelcome>): void;
	hostFrame(frame: StreamFrame): void;
	serverWelcome(welcome: Welcome): void;
	serverDown(): void;
	streamAck(streams: readonly StreamAck[]): void;
	streamNack(stream: StreamAck): void;
	/** Where an attempt works; null before that is made, `gone` when this runner knows of no such attempt. */
	workspaceOf(ref: Ref): WorkspaceRecord | null | 'gone';
	/** For hello. */
	held(): HeldSession[];
	pendingApprovals(): HeldApproval[];
	/** Ids of sessions that have not ended. */
	active(): string[];
	/** Tells the CPU time of every live tree that has used some since the last time. */
	reportUsage(): Promise<void>;
	renewLeases(): void;
	/** Stops every session that has not ended. */
	stopAll(): void;
	close(): void;
}

export function createSessions(options: TableOptions): Sessions {
	const table = createTable(options);
	const ends = createEnds(table);
	const starts = createStarts(table, ends);
	const adoption = createAdoption(table, starts, ends);

	function pauseOrResume(
		frame: Extract<ReliableServerFrame, { t: 'session.pause' | 'session.resume' }>
	): void {
		const held = table.find(frame);
		const { sessionId, attempt, requestId } = frame;
		const pause = frame.t === 'session.pause';
		if (held && (held.phase === 'live' || held.phase === 'paused') && options.host())
			return table.toHost({ t: pause ? 'pause' : 'resume', sessionId, attempt, requestId });
		options.push({
			t: pause ? 'session.paused' : 'session.resumed',
			sessionId,
			attempt,
			requestId,
			ok: false,
			message: held ? `the session is ${held.phase}` : 'the session is not here'
		});
	}

	function decide(frame: Extract<ReliableServerFrame, { t: 'approval.decision' }>): void {
		// Without a host the answer waits at the server, which repeats it after the next hello.
		if (table.find(frame)) return table.toHost(toHostDecision(frame));
		const { approvalId, generation } = frame;
		options.push({ t: 'approval.applied', approvalId, generation, effect: 'too_late' });
	}

	function resize(frame: Extract<ReliableServerFrame, { t: 'session.resize' }>): void {
		const held = table.find(frame);
		if (!held) return;
		const { cols, rows } = frame;
		Object.assign(held.record, { cols, rows });
		if (held.startMessage) Object.assign(held.startMessage, { cols, rows });
		if (held.phase !== 'preparing') table.toHost({ t: 'resize', ...refOf(held), cols, rows });
	}

	const printing = () =>
		[...table.all.values()].filter((one) => one.digestTimer !== undefined).length;

	/** Totals that changed are told at once, and then at most once a second: budgets wait for them. */
	function usageSoon(held: Held): void {
		held.usageTimer ??= setTimeout(() => {
			held.usageTimer = undefined;
			if (options.connected() && isActive(held))
				options.push({ t: 'session.usage', ...refOf(held), totals: totalsOf(held) });
		}, USAGE_SOON_MS);
	}

	return {
		command(frame) {
			switch (frame.t) {
				case 'session.start':
					return starts.start(frame);
				case 'session.stop':
					return ends.stop(frame, frame.cause, frame.force);
				case 'session.pause':
				case 'session.resume':
					return pauseOrResume(frame);
				case 'session.resize':
					return resize(frame);
				case 'session.discard': {
					const held = table.find(frame);
					return held ? ends.discard(held) : undefined;
				}
				case 'approval.decision':
					return decide(frame);
			}
		},
		input(frame) {
			const { streamId } = frame;
			const held = table.findStream(streamId);
			if (!held) return options.sendError('BAD_FRAME', `unknown stream ${streamId}`, { streamId });
			const { part, nack } = held.input.receive(frame.offset, frame.payload);
			if (nack !== undefined) options.nackInput(streamId, nack);
			else if (part) options.host()?.input(streamId, part.offset, part.bytes);
			else options.ackInput(streamId, held.input.acked);
		},
		hostWelcome: adoption.hostWelcome,
		hostMessage: createHostMessages(table, { starts, ends, adoption }),
		hostFrame(frame) {
			const held = table.findStream(frame.streamId);
			if (!held?.output.pass(frame.kind, frame.offset, frame.payload.length)) return;
			options.sendBytes(frame.frame);
			const end = frame.offset + frame.payload.length;
			const range = held.ranges.get(frame.kind);
			if (!range) held.ranges.set(frame.kind, { start: 0, end });
			else if (end > range.end) range.end = end;
			if (frame.kind === KIND.terminal) carryOutput(held, frame, options, printing);
			else if (frame.kind === KIND.raw && carryTold(held, frame, options)) usageSoon(held);
			if (held.exit) ends.sendExitWhenDone(held);
		},
		serverWelcome(welcome) {
			const verdicts = new Map(welcome.sessions.map((one) => [keyOf(one), one]));
			for (const held of [...table.all.values()]) {
				const verdict = verdicts.get(keyOf(held.record));
				if (verdict?.verdict === 'discard') {
					ends.discard(held);
					continue;
				}
				const wanted = verdict?.streams.map(({ kind, offset }) => [kind, offset] as const);
				adoption.follow(held, new Map(wanted));
				if (verdict?.verdict === 'stop')
					ends.stop(held.record, verdict.cause ?? 'superseded', false);
			}
		},
		serverDown() {
			for (const held of table.all.values()) held.output.shut();
			table.toHost({ t: 'unfollow' });
		},
		streamAck(streams) {
			const known = streams.flatMap(({ streamId, kind, offset }) =>
				table.findStream(streamId) && isOutput(kind) ? [{ streamId, kind, offset }] : []
			);
			if (known.length > 0) table.toHost({ t: 'ack', streams: known });
		},
		streamNack({ streamId, kind, offset }) {
			const held = table.findStream(streamId);
			const next = held?.output.next(kind) ?? null;
			// A nack for what was not sent yet belongs to an older connection.
			if (!held || next === null || offset >= next || !isOutput(kind)) return;
			held.output.follow(kind, offset);
			table.toHost({ t: 'follow', streams: [{ streamId, kind, offset }] });
		},
		workspaceOf(ref) {
			const held = table.find(ref);
			if (held) return held.record.workspace ?? null;
			return options.state.readKept(ref.sessionId, ref.attempt)?.workspace ?? 'gone';
		},
		held: () => [...table.all.values()].map(describeHeld),
		pendingApprovals: () =>
			[...table.all.values()].flatMap((held) =>
				[...held.asks].map(([approvalId, generation]) => ({
					approvalId,
					generation,
					...refOf(held)
				}))
			),
		active: () => table.active().map((held) => held.record.sessionId),
		async reportUsage() {
			const live = table.active().filter((held) => held.pid !== null);
			if (live.length === 0) return;
			const cpu = await cpuOfTrees(live.map((held) => held.pid!));
			for (const held of live) {
				const ms = cpu.get(held.pid!);
				if (ms === undefined || !isActive(held)) continue;
				// A child that nobody waited for takes its figure with it; totals never go back.
				held.cpuMs = Math.max(held.cpuMs ?? 0, ms);
				if (held.cpuMs === held.cpuSent || !options.connected()) continue;
				held.cpuSent = held.cpuMs;
				options.push({ t: 'session.usage', ...refOf(held), totals: totalsOf(held) });
			}
		},
		renewLeases() {
			const sessions = table
				.active()
				.filter((held) => held.record.leased)
				.map(refOf);
			if (sessions.length > 0) table.toHost({ t: 'lease', sessions });
		},
		stopAll() {
			for (const held of table.active()) ends.stop(held.record, 'user', false);
		},
		close() {
			for (const held of table.all.values()) {
				forgetTimers(held);
				held.preparing?.abort();
			}
		}
	};
}
