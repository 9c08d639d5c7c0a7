// How a session begins: taken or refused, prepared, handed to the session host.
import type { SessionRejected } from '#protocol/runner/session-rejected.ts';
import type { SessionStart } from '#protocol/runner/session-start.ts';
import type { Ends } from './ends.ts';
import type { Held } from './held-session.ts';
import { launch, refusal } from './launch.ts';
import { findProvider } from './providers/registry.ts';
import { OUTPUT_KINDS, refOf, type Ref, type Table } from './table.ts';

export type No = Pick<SessionRejected, 'code' | 'message' | 'retryable'>;

export interface Starts {
	start(frame: SessionStart): void;
	sendStarted(held: Held): void;
	reject(ref: Ref, no: No): void;
}

export function createStarts(table: Table, ends: Ends): Starts {
	const { options } = table;

	function reject({ sessionId, attempt }: Ref, no: No): void {
		options.push({ t: 'session.rejected', sessionId, attempt, ...no });
	}

	function start(frame: SessionStart): void {
		const known = table.find(frame);
		if (known) return repeat(known);
		const others = [...table.all.values()].filter(
			(held) => held.record.sessionId === frame.sessionId
		);
		const newest = Math.max(0, ...others.map((held) => held.record.attempt));
		if (newest > frame.attempt)
			return reject(frame, {
				code: 'stale',
				message: `attempt ${newest} is here`,
				retryable: false
			});
		for (const older of others) ends.discard(older);
		const no = refusal(frame.spec, {
			reports: options.reports(),
			accepting: options.accepting(),
			// An older attempt that is being ended gives its slot to the newer one.
			free: options.capacity - table.active().filter((held) => !held.discard).length
		});
		if (no) return reject(frame, no);
		void run(frame);
	}

	/** The server did not hear the answer: it gets it again. */
	function repeat(held: Held): void {
		options.push({ t: 'session.accepted', ...refOf(held) });
		if (held.phase === 'live' || held.phase === 'paused') sendStarted(held);
		if (held.exitSent) ends.sendExit(held);
	}

	async function run(frame: SessionStart): Promise<void> {
		const { sessionId, attempt, streamId, spec } = frame;
		const report = options.reports().find((one) => one.id === spec.providerId);
		const held = table.hold({
			sessionId,
			attempt,
			streamId,
			providerId: spec.providerId,
			providerVersion: report?.version ?? null,
			level: findProvider(spec.providerId)!.level,
			cols: spec.cols,
			rows: spec.rows,
			leased: frame.leaseMs !== undefined,
			started: false
		});
		const abort = (held.preparing = new AbortController());
		options.state.writeSession(held.record);
		options.push({ t: 'session.accepted', sessionId, attempt });
		const result = await launch(options, frame, {
			signal: abort.signal,
			version: report?.version ?? null,
			onPhase: (phase, detail) =>
				options.push({
					t: 'session.phase',
					sessionId,
					attempt,
					phase,
					...(detail ? { detail } : {})
				}),
			onFacts: (facts) => options.push({ t: 'house.facts', sessionId, attempt, ...facts })
		});
		held.preparing = null;
		if (!result.ok) {
			if (abort.signal.aborted) return ends.endUnstarted(held);
			reject(frame, result.no);
			return table.drop(held);
		}
		held.record.workspace = result.workspace;
		options.state.writeSession(held.record);
		if (abort.signal.aborted) return ends.endUnstarted(held);
		const { cols, rows } = held.record;
		held.startMessage = { ...result.start, cols, rows };
		held.phase = 'starting';
		if (options.connected()) for (const kind of OUTPUT_KINDS) held.output.follow(kind, 0);
		// Without a host nothing is lost: the message is sent again when one answers.
		table.toHost(held.startMessage);
	}

	function sendStarted(held: Held): void {
		const { record } = held;
		if (!held.pid) return;
		options.push({
			t: 'session.started',
			...refOf(held),
			pid: held.pid,
			providerVersion: record.providerVersion,
			mode: 'pty',
			level: record.level,
			cols: record.cols,
			rows: record.rows,
			...(record.workspace?.headSha ? { headSha: record.workspace.headSha } : {}),
			...(record.workspace?.branch ? { branch: record.workspace.branch } : {}),
			...(record.workspace ? { workdir: record.workspace.cwd } : {})
		});
	}

	return { start, sendStarted, reject };
}
