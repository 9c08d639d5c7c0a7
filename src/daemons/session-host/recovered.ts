import { rmSync } from 'node:fs';
import type { OutputKind } from '#protocol/host/limits.ts';
import { kindsOf } from './outputs.ts';
import type { SessionContext } from './session-context.ts';
import type { HostedSession } from './session.ts';
import { openSpool } from './spool.ts';
import type { Spool } from './spool.ts';
import { readStates } from './state-file.ts';
import type { SessionState } from './state-file.ts';
import { createStopper } from './stopper.ts';
import { createTree } from './tree.ts';

/**
 * The sessions that an earlier host of this folder left: those that had ended, with their exit, and
 * those that died with it (`lost`). Of the latter every process that still lives is ended in the
 * background; their output up to then can be followed like any other.
 */
export function recoverSessions(context: SessionContext): HostedSession[] {
	return readStates(context.dir).map(({ folder, state }) => {
		const ended = state.exit ? Promise.resolve() : endProcesses(context, state);
		return createRecovered(context, folder, state, ended);
	});
}

async function endProcesses(context: SessionContext, state: SessionState): Promise<void> {
	// After a reboot the numbers belong to others, and nothing of ours can be left.
	if (state.bootId !== context.bootId) return;
	const tree = createTree({
		table: context.table,
		...(state.root ? { root: state.root } : {}),
		marks: [`VILLAGE_SESSION_ID=${state.sessionId}`, `VILLAGE_SESSION_MARK=${state.mark}`]
	});
	await createStopper({ tree, times: context.times, interrupt: () => undefined }).endLeftovers();
}

function createRecovered(
	context: SessionContext,
	folder: string,
	state: SessionState,
	ended: Promise<void>
): HostedSession {
	const { sessionId, attempt, streamId, mode } = state;
	const ref = { sessionId, attempt };
	const spools = new Map<OutputKind, Spool>();
	for (const kind of kindsOf(mode))
		spools.set(kind, openSpool({ dir: folder, kind, ...context.spool }));
	const gone = 'the session has ended';
	return {
		...ref,
		streamId,
		live: false,
		ended,
		spools,
		describe: () => ({
			...ref,
			streamId,
			mode,
			phase: state.exit ? 'exited' : 'lost',
			...(state.root ? { pid: state.root.pid } : {}),
			startedAt: state.startedAt,
			...(state.exit ? { exit: state.exit } : {}),
			...(state.stopCause ? { stopCause: state.stopCause } : {}),
			streams: [...spools].map(([kind, { start, end }]) => ({ kind, start, end })),
			inOffset: state.inOffset,
			cols: state.cols,
			rows: state.rows
		}),
		started: () => ({
			t: 'start_failed',
			...ref,
			code: 'stale',
			message: 'this attempt was started by an earlier host and has ended'
		}),
		input: () =>
			context.emit({ t: 'nack', streamId, kind: 0x10, offset: state.inOffset, reason: 'ended' }),
		transcript: () =>
			context.emit({
				t: 'nack',
				streamId,
				kind: 1,
				offset: spools.get(1)?.end ?? 0,
				reason: 'ended'
			}),
		endInput() {},
		resize() {},
		pause: (requestId) =>
			context.emit({ t: 'paused', ...ref, requestId, ok: false, message: gone }),
		resume: (requestId) =>
			context.emit({ t: 'resumed', ...ref, requestId, ok: false, message: gone }),
		stop() {},
		tell: () => false,
		renewLease() {},
		ack: (kind, offset) => spools.get(kind)?.ack(offset),
		tick() {},
		discard() {
			for (const spool of spools.values()) spool.close();
			rmSync(folder, { recursive: true, force: true });
		}
	};
}
