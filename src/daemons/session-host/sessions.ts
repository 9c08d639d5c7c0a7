import type { HostDown } from '#protocol/host/down.ts';
import { OUTPUT_KINDS, STREAM_KIND } from '#protocol/host/limits.ts';
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { HostUp } from '#protocol/host/up.ts';
import type { HostStart } from '#protocol/host/start.ts';
import type { Asks } from './asks.ts';
import { SpawnError } from './child.ts';
import type { Connection } from './connection.ts';
import type { SessionContext } from './session-context.ts';
import { startSession } from './session.ts';
import type { HostedSession } from './session.ts';

/** Sessions of one host, living and ended ones together. */
export const MAX_SESSIONS = 1000;

type Command = Exclude<HostUp, { t: 'hello' | 'ping' }>;

export interface Sessions {
	all(): HostedSession[];
	find(ref: { sessionId: string; attempt: number }): HostedSession | undefined;
	/** Does what a runner says and answers it. */
	handle(connection: Connection, message: Exclude<Command, { t: 'drain' | 'stats' }>): void;
	/** Takes input and transcript bytes. */
	bytes(connection: Connection, frame: StreamFrame): void;
}

/** The sessions of one host, and what its runner may do with them. */
export function createSessions(options: {
	context: SessionContext;
	asks: Asks;
	recovered: HostedSession[];
	isDraining(): boolean;
	/** A session was discarded. */
	onGone(): void;
}): Sessions {
	const { context, asks } = options;
	const byStream = new Map(options.recovered.map((one) => [one.streamId, one]));
	/** Latest attempt of each session. */
	const bySession = new Map<string, HostedSession>();
	for (const one of options.recovered) remember(one);

	function remember(one: HostedSession): void {
		byStream.set(one.streamId, one);
		const latest = bySession.get(one.sessionId);
		if (!latest || latest.attempt < one.attempt) bySession.set(one.sessionId, one);
	}

	function find(ref: { sessionId: string; attempt: number }): HostedSession | undefined {
		const latest = bySession.get(ref.sessionId);
		if (latest?.attempt === ref.attempt) return latest;
		return [...byStream.values()].find(
			(one) => one.sessionId === ref.sessionId && one.attempt === ref.attempt
		);
	}

	function refuseStart(start: HostStart): HostDown | null {
		const { sessionId, attempt, streamId } = start;
		const refuse = (
			code: 'bad_spec' | 'stale' | 'draining' | 'no_capacity',
			message: string
		): HostDown => ({ t: 'start_failed', sessionId, attempt, code, message });
		const latest = bySession.get(sessionId);
		if (latest && latest.attempt > attempt) return refuse('stale', 'a later attempt is known');
		if (byStream.has(streamId)) return refuse('bad_spec', `stream ${streamId} is in use`);
		if (options.isDraining()) return refuse('draining', 'this host takes no new session');
		if (byStream.size >= MAX_SESSIONS) return refuse('no_capacity', 'too many sessions');
		return null;
	}

	function start(connection: Connection, message: HostStart): void {
		const known = find(message);
		if (known) return connection.send(known.started());
		const refusal = refuseStart(message);
		if (refusal) return connection.send(refusal);
		const { sessionId, attempt, streamId } = message;
		let session: HostedSession;
		try {
			session = startSession(context, message);
		} catch (error) {
			asks.forget(message);
			const code = error instanceof SpawnError ? error.code : 'spawn_failed';
			const text = error instanceof Error ? error.message : String(error);
			return connection.send({ t: 'start_failed', sessionId, attempt, code, message: text });
		}
		remember(session);
		connection.send(session.started());
		for (const [kind, spool] of session.spools) connection.sender.follow(streamId, kind, spool, 0);
	}

	function discard(connection: Connection, session: HostedSession): void {
		const { sessionId, attempt, streamId } = session;
		if (session.live) {
			const message = 'stop it first';
			return connection.send({ t: 'error', code: 'SESSION_LIVE', message, sessionId });
		}
		connection.sender.drop(streamId);
		session.discard();
		byStream.delete(streamId);
		if (bySession.get(sessionId) === session) bySession.delete(sessionId);
		asks.forget(session);
		connection.send({ t: 'discarded', sessionId, attempt });
		options.onGone();
	}

	function follow(connection: Connection, streamId: number, kind: number, offset: number): void {
		const spool = byStream.get(streamId)?.spools.get(kind as 1);
		const wrong = (code: 'UNKNOWN_STREAM' | 'BAD_OFFSET', message: string): void =>
			connection.send({ t: 'error', code, message, streamId });
		if (!spool) return wrong('UNKNOWN_STREAM', `no kind ${kind} of stream ${streamId}`);
		if (offset > spool.end) wrong('BAD_OFFSET', `stream ${streamId} ends at ${spool.end}`);
		const from = Math.max(spool.start, Math.min(offset, spool.end));
		if (from > offset) {
			const reason = 'spool_limit';
			connection.send({ t: 'gap', streamId, kind: kind as 1, from: offset, to: from, reason });
		}
		connection.sender.follow(streamId, kind, spool, from);
	}

	function act(
		connection: Connection,
		message: Exclude<
			Command,
			{ t: 'drain' | 'stats' | 'start' | 'follow' | 'unfollow' | 'ack' | 'lease' }
		>
	): void {
		const session = find(message);
		if (!session) {
			// Repeating a discard is harmless: what is gone is gone.
			if (message.t === 'discard') {
				const { sessionId, attempt } = message;
				return connection.send({ t: 'discarded', sessionId, attempt });
			}
			if (message.t === 'approval.decision') return asks.decide(message);
			const { sessionId } = message;
			const text = `no attempt ${message.attempt} of this session here`;
			return connection.send({ t: 'error', code: 'UNKNOWN_SESSION', message: text, sessionId });
		}
		switch (message.t) {
			case 'resize':
				return session.resize(message.cols, message.rows);
			case 'input_end':
				return session.endInput();
			case 'pause':
				return session.pause(message.requestId);
			case 'resume':
				return session.resume(message.requestId);
			case 'stop':
				return session.stop(message.cause, message.force);
			case 'discard':
				return discard(connection, session);
			case 'approval.decision':
				return asks.decide(message);
			case 'approval.cancel':
				return asks.cancel(message);
		}
	}

	return {
		all: () => [...byStream.values()],
		find,
		handle(connection, message) {
			switch (message.t) {
				case 'start':
					return start(connection, message);
				case 'follow':
					for (const one of message.streams) follow(connection, one.streamId, one.kind, one.offset);
					return;
				case 'unfollow':
					return connection.sender.unfollow();
				case 'ack':
					for (const { streamId, kind, offset } of message.streams) {
						byStream.get(streamId)?.ack(kind, offset);
						connection.sender.ack(streamId, kind, offset);
					}
					return;
				case 'lease':
					for (const ref of message.sessions) find(ref)?.renewLease();
					return;
				default:
					return act(connection, message);
			}
		},
		bytes(connection, { kind, streamId, offset, payload }) {
			const session = byStream.get(streamId);
			if (session && kind === STREAM_KIND.input) return session.input(offset, payload);
			if (session && kind === STREAM_KIND.terminal) return session.transcript(offset, payload);
			const known = session ? `kind ${kind} is not taken` : `no stream ${streamId}`;
			const message = (OUTPUT_KINDS as readonly number[]).includes(kind)
				? known
				: `${known}: input is 16`;
			connection.send({ t: 'error', code: 'UNKNOWN_STREAM', message, streamId });
		}
	};
}
