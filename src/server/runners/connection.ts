// One runner's connection after the upgrade: hello, reconciliation, frames in order, bytes, acknowledgements (control-plane.md 8).
import { eq, sql } from 'drizzle-orm';
import { CLOSE } from '#protocol/close-codes.ts';
import { MAX_FRAME_BYTES } from '#protocol/envelope.ts';
import { decodeBinary, encodeBinary, KIND } from '#protocol/runner/binary.ts';
import type { ServerFrame } from '#protocol/runner/down.ts';
import type { Hello } from '#protocol/runner/hello.ts';
import {
	isReliableRunnerFrame,
	readRunnerFrame,
	type ReliableRunnerFrame,
	type RunnerFrame
} from '#protocol/runner/up.ts';
import { DEFAULT_WINDOW } from '#protocol/runner/welcome.ts';
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_MIN } from '#protocol/version.ts';
import { runners } from '#server/db/schema/runners.ts';
import type { Tx } from '#server/db/open.ts';
import type { Collector } from '#server/events/log.ts';
import type { OutputKind } from '#server/terminals/types.ts';
import { createAcks } from './acks.ts';
import { createBudget } from './budget.ts';
import { reconcileSessions } from './reconcile.ts';
import type { ConnectionDeps, Wire } from './wire.ts';
import type { RunnerLink } from './links.ts';
import { forgetOutbox, outboxAfter, type Runner } from './store.ts';

export interface RunnerConnection {
	text(json: string): void;
	binary(bytes: Uint8Array): void;
	/** The socket is gone. */
	gone(): void;
}

/** Reliable frames that wait for their transaction; the window of a runner is smaller, so more is its error. */
const MAX_QUEUE = 1_024;
const MAX_BATCH = 64;
const BAD_FRAMES = 10;
const BAD_FRAMES_MS = 60_000;
const FRAMES_PER_SECOND = 2_000;
const OUTBOX_PAGE = 256;

export function openRunnerConnection(
	deps: ConnectionDeps,
	runner: Runner,
	wire: Wire
): RunnerConnection {
	const { clock, links, terminals, timings, logger } = deps;
	const { db } = deps.database;
	let state: 'awaiting-hello' | 'greeting' | 'ready' | 'leaving' = 'awaiting-hello';
	let bootId = '';
	/** Last reliable frame received in order, and last one committed. */
	let received = 0;
	let committed = 0;
	const queue: ReliableRunnerFrame[] = [];
	let applying: Promise<void> | null = null;
	let sentSeq = 0;
	let sending: Promise<void> | null = null;
	let sendAgain = false;
	const badFrames = createBudget(clock, BAD_FRAMES - 1, BAD_FRAMES_MS);
	const frames = createBudget(clock, FRAMES_PER_SECOND, 1_000);
	let forbidden = 0;
	let heardAt = clock.monotonicMs();

	const failed = (what: string) => (error: unknown) =>
		logger.error({ err: error, runnerId: runner.id }, what);
	const send = (frame: ServerFrame) => {
		if (state !== 'leaving') wire.send(JSON.stringify(frame));
	};
	const acks = createAcks({ afterMs: timings.ackMs, committed: () => committed, send });
	const close = (code: number, reason: string) => {
		if (state === 'leaving') return;
		state = 'leaving';
		wire.close(code, reason);
	};

	const helloTimer = setTimeout(() => close(CLOSE.timeout, 'no hello'), timings.helloMs);
	const watchdog = setInterval(
		() => {
			if (clock.monotonicMs() - heardAt > timings.timeoutMs) close(CLOSE.timeout, 'silent');
		},
		Math.min(1_000, timings.timeoutMs / 2)
	);
	helloTimer.unref();
	watchdog.unref();

	function bad(code: string, message: string, seq?: number): void {
		deps.onRejected?.(code);
		send({ t: 'error', code, message, ...(seq === undefined ? {} : { seq }) });
		if (!badFrames.take()) close(CLOSE.protocolErrors, 'too many bad frames');
	}

	const link: RunnerLink = {
		push: () => void flush(),
		input(streamId, offset, data) {
			if (state === 'ready') wire.send(encodeBinary(KIND.input, streamId, offset, data));
		},
		acknowledge: (streamId, kind, offset) => acks.written(streamId, kind, offset),
		ask: (question) => send(question),
		want: (streamId, kind, expected) => send({ t: 'nack', streamId, kind, offset: expected }),
		close
	};

	/** Sends what stands in the outbox, in order; one at a time, and once more when more came meanwhile. */
	async function flush(): Promise<void> {
		if (state !== 'ready') return;
		if (sending) {
			sendAgain = true;
			return;
		}
		sending = (async () => {
			try {
				do {
					sendAgain = false;
					let page;
					do {
						page = await outboxAfter(db, runner.id, sentSeq, OUTBOX_PAGE);
						for (const row of page) {
							if (state !== 'ready') return;
							wire.send(JSON.stringify({ ...row.frame, seq: row.seq }));
							sentSeq = row.seq;
						}
					} while (page.length === OUTBOX_PAGE);
				} while (sendAgain);
			} catch (error) {
				logger.error({ err: error, runnerId: runner.id }, 'outbox could not be sent');
			} finally {
				sending = null;
			}
		})();
		await sending;
	}

	async function greet(hello: Hello): Promise<void> {
		if (hello.runnerId !== runner.id) return close(CLOSE.unauthorized, 'another runner');
		if (hello.minProtocol > RUNNER_PROTOCOL || hello.protocol < RUNNER_PROTOCOL_MIN)
			return close(CLOSE.noCommonVersion, 'no common protocol version');
		// The newest connection of a runner is the one that counts.
		links.get(runner.id)?.close(CLOSE.replaced, 'replaced');
		// Behind whatever the former connection is still committing, so that no frame is applied twice.
		const [row] = await db.transaction(async (tx) => {
			await inOrder(tx);
			return tx.select().from(runners).where(eq(runners.id, runner.id));
		});
		if (!row || row.deletedAt) return close(CLOSE.deregistered, 'deregistered');
		bootId = hello.bootId;
		received = committed = row.recvBootId === bootId ? row.recvSeq : 0;
		acks.known(committed);
		// A database that was restored from a backup numbers again from where it was.
		sentSeq = Math.min(hello.recv.seq, row.outSeq);
		const verdicts = await reconcileSessions(deps, runner.id, hello);
		await deps.runners.connected(runner.id, hello);
		if (state !== 'greeting') return;
		send({
			t: 'welcome',
			protocol: Math.min(RUNNER_PROTOCOL, hello.protocol),
			serverId: deps.serverId,
			serverTime: clock.now().toISOString(),
			recv: { seq: received },
			heartbeatMs: timings.heartbeatMs,
			timeoutMs: timings.timeoutMs,
			maxFrame: MAX_FRAME_BYTES,
			window: DEFAULT_WINDOW,
			mode: row.mode,
			sent: { seq: row.outSeq },
			sessions: verdicts
		});
		state = 'ready';
		links.open(runner.id, link);
		for (const held of hello.sessions) {
			const placement = links.placementOf(held.sessionId);
			if (placement?.attempt === held.attempt && placement.runnerId === runner.id)
				await terminals.linked(placement, held.inOffset);
		}
		await flush();
		deps.houseChecks.runnerCame(runner.id).catch(failed('houses were not given to a runner'));
	}

	/** Applies queued reliable frames: many in one transaction, one by one when one of them cannot be applied. */
	async function drain(): Promise<void> {
		while (queue.length > 0 && state !== 'leaving') {
			const batch = queue.splice(0, MAX_BATCH);
			try {
				await commit(batch);
			} catch (error) {
				logger.warn({ err: error, runnerId: runner.id }, 'a batch of frames failed; one by one');
				for (const frame of batch) {
					try {
						await commit([frame]);
					} catch (cause) {
						// It will never get better: counted as received, logged, and the rest goes on.
						logger.error({ err: cause, runnerId: runner.id, frame: frame.t }, 'a frame failed');
						await deps.log.transact((tx) => remember(tx, frame.seq));
					}
				}
			}
			committed = batch.at(-1)!.seq;
			acks.soon();
		}
	}

	async function commit(batch: ReliableRunnerFrame[]): Promise<void> {
		await deps.log.transact(async (tx, collect) => {
			await inOrder(tx);
			// Replaced meanwhile: the newer connection is sent these frames again.
			if (state === 'leaving') return;
			for (const frame of batch) await applyFrame(tx, collect, frame);
			await remember(tx, batch.at(-1)!.seq);
		});
	}

	/** One at a time per runner. Not the runner's row: others lock it after a session's, and that order must hold. */
	const inOrder = (tx: Tx) =>
		tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`frames:${runner.id}`}, 0))`);

	const remember = (tx: Tx, seq: number) =>
		tx
			.update(runners)
			.set({ recvBootId: bootId, recvSeq: seq })
			.where(eq(runners.id, runner.id))
			.then(() => {});

	async function applyFrame(tx: Tx, collect: Collector, frame: ReliableRunnerFrame): Promise<void> {
		switch (frame.t) {
			case 'runner.update':
				return deps.runners.update(tx, collect, runner.id, frame);
			case 'runner.bye':
				return;
			case 'approval.applied':
				return deps.approvals.applied(tx, collect, runner.id, frame);
			case 'approval.withdrawn':
				return deps.approvals.withdrawn(tx, collect, runner.id, frame.approvalId, frame.reason);
			case 'house.checked':
				return deps.houseChecks.checked(tx, collect, runner.id, frame);
			case 'stream.gap': {
				const placement = links.placementByStream(frame.streamId);
				if (placement?.runnerId === runner.id && frame.kind <= 4)
					collect.after(() => {
						terminals
							.gap(placement, frame.kind as OutputKind, frame.from, frame.to, frame.reason)
							.catch(failed('a gap was not recorded'));
					});
				return;
			}
			default: {
				const outcome = await deps.frames.apply(tx, collect, runner.id, frame);
				if (outcome === 'ok') return;
				const code = outcome === 'stale' ? 'STALE_ATTEMPT' : 'FORBIDDEN';
				collect.after(() => {
					deps.onRejected?.(code);
					send({
						t: 'error',
						code,
						message: `${frame.t} is about a session you do not run`,
						seq: frame.seq
					});
					if (code === 'FORBIDDEN' && ++forbidden >= 3)
						close(CLOSE.protocolErrors, 'frames about sessions of others');
				});
			}
		}
	}

	function onFrame(frame: RunnerFrame): void {
		if (frame.t === 'hello') return bad('BAD_FRAME', 'hello twice');
		if (isReliableRunnerFrame(frame)) return onReliable(frame);
		switch (frame.t) {
			case 'heartbeat': {
				send({ t: 'heartbeat_ack', serverTime: clock.now().toISOString(), echo: frame.timestamp });
				if (!Object.values(frame.load).every((percent) => percent >= 0 && percent <= 100))
					return bad('VALIDATION_ERROR', 'load figures are percentages');
				const skew = clock.now().getTime() - Date.parse(frame.timestamp);
				deps.runners
					.heartbeat(runner.id, frame.load, Number.isFinite(skew) ? skew : null)
					.catch(failed('a heartbeat was not kept'));
				return;
			}
			case 'ack':
				if (frame.seq > 0)
					forgetOutbox(db, runner.id, Math.min(frame.seq, sentSeq)).catch(
						failed('the outbox was not trimmed')
					);
				for (const { streamId, kind, offset } of frame.streams) {
					const placement = kind === KIND.input ? links.placementByStream(streamId) : null;
					if (placement?.runnerId === runner.id)
						terminals.inputAcknowledged(placement.sessionId, placement.attempt, offset);
				}
				return;
			case 'nack':
				if (frame.seq !== undefined) {
					sentSeq = Math.min(sentSeq, frame.seq - 1);
					void flush();
				} else if (frame.kind === KIND.input) {
					const placement = links.placementByStream(frame.streamId!);
					if (placement?.runnerId === runner.id)
						terminals.linked(placement, frame.offset!).catch(failed('input was not sent again'));
				}
				return;
			case 'diff_told':
			case 'patch_told':
			case 'workspace_told':
				return deps.questions.told(runner.id, frame);
			case 'error':
				logger.warn(
					{ runnerId: runner.id, code: frame.code, detail: frame.message },
					'a runner refused a frame'
				);
		}
	}

	function onReliable(frame: ReliableRunnerFrame): void {
		if (frame.seq <= received) return acks.soon();
		if (frame.seq > received + 1) return send({ t: 'nack', seq: received + 1 });
		if (queue.length >= MAX_QUEUE) return close(CLOSE.windowExceeded, 'too many frames');
		received = frame.seq;
		queue.push(frame);
		applying ??= drain().finally(() => (applying = null));
	}

	return {
		text(json) {
			heardAt = clock.monotonicMs();
			if (!frames.take()) return close(CLOSE.flood, 'too many frames');
			const result = readRunnerFrame(json);
			if (!result.ok) {
				if (state === 'awaiting-hello') return close(CLOSE.protocolErrors, 'hello expected');
				// A bad reliable frame never gets better: it counts as received.
				if (result.seq === received + 1 && queue.length === 0 && !applying) {
					received = committed = result.seq;
					acks.soon();
				}
				return bad(result.code, result.message, result.seq);
			}
			if (state === 'ready') return onFrame(result.frame);
			if (state !== 'awaiting-hello') return;
			if (result.frame.t !== 'hello') return close(CLOSE.protocolErrors, 'hello expected');
			clearTimeout(helloTimer);
			state = 'greeting';
			greet(result.frame).catch((error: unknown) => {
				logger.error({ err: error, runnerId: runner.id }, 'a runner could not be greeted');
				close(CLOSE.internal, 'try again');
			});
		},
		binary(bytes) {
			heardAt = clock.monotonicMs();
			if (state !== 'ready') return;
			const result = decodeBinary(bytes);
			if (!result.ok) return bad('BAD_FRAME', result.message);
			const { kind, streamId, offset, payload } = result.frame;
			if (kind > 4) return bad('BAD_FRAME', `kind ${kind} is not taken here`);
			const placement = links.placementByStream(streamId);
			if (!placement) return bad('BAD_FRAME', `unknown stream ${streamId}`);
			if (placement.runnerId !== runner.id)
				return send({
					t: 'error',
					code: 'STALE_ATTEMPT',
					message: 'that stream has moved on',
					streamId
				});
			const busy = terminals.receive(placement, kind as OutputKind, offset, payload, Date.now());
			if (busy) {
				wire.pause();
				void busy.finally(() => wire.resume());
			}
		},
		gone() {
			state = 'leaving';
			clearTimeout(helloTimer);
			clearInterval(watchdog);
			acks.close();
			if (!links.closed(runner.id, link)) return;
			deps.questions.gone(runner.id);
			for (const placement of links.placementsOn(runner.id))
				terminals.unlinked(placement.sessionId);
			setTimeout(() => {
				if (links.stopping || links.isOnline(runner.id)) return;
				deps.runners.disconnected(runner.id).catch(failed('a lost runner was not noted'));
			}, timings.graceMs).unref();
		}
	};
}
