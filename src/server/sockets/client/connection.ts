// One socket of the client wire: reads its messages in their order, checks each right when it is used, and says what became of it.
import type { WebSocket } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import type { ClientErrorCode } from '#protocol/client/error.ts';
import {
	CLIENT_PROTOCOL,
	HEARTBEAT_INTERVAL_MS,
	MAX_SUBSCRIPTIONS
} from '#protocol/client/limits.ts';
import type { ClientMessage } from '#protocol/client/up.ts';
import { readClientMessage } from '#protocol/client/up.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Identity } from '#server/auth/authenticate.ts';
import { AppError, isAppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { withLogContext } from '#server/log.ts';
import { newId } from '#server/new-id.ts';
import { eventText } from './frames.ts';
import { createOutbox, type OutboxLimits } from './outbox.ts';
import { createPace } from './pace.ts';
import { createSubscriptions, type SubscriptionsDeps } from './subscriptions.ts';

/** Messages and bytes that may wait for those before them; above, the socket is not read. */
const MOST_WAITING = 64;
const MOST_WAITING_BYTES = 2 * 1_048_576;
/** Wrong tokens after which a connection is closed. */
const MAX_FAILURES = 3;

export interface Connection {
	readonly identity: Identity | null;
	/** The credential no longer counts: `ended` it was taken away, `expired` it may be replaced for a while. */
	lose(how: 'ended' | 'expired'): void;
	/** The person as they are now. */
	renew(identity: Identity): void;
	/** Asks again whether the credential counts; null: it does not. */
	reidentify(): Promise<Identity | null>;
	/** Set while a new token is awaited. */
	readonly expiredAt: number | null;
	check(nowMs: number): void;
	/** The server goes down. */
	shutDown(): void;
	close(): void;
}

export interface ConnectionDeps extends Omit<
	SubscriptionsDeps,
	'outbox' | 'clientId' | 'identity'
> {
	socket: WebSocket;
	log: Logger;
	limits: OutboxLimits & { authMs: number };
	/** Who came with the upgrade; null: nobody yet. */
	first: Identity | null;
	/** Asks again who came with the upgrade. */
	again(): Promise<Identity | null>;
	/** Who a token stands for. */
	identify(token: string): Promise<Identity | null>;
	/** Counts a person's connection; false: there are too many. */
	enter(userId: string): boolean;
	leave(userId: string): void;
	onRefused(code: string): void;
}

export function createConnection(deps: ConnectionDeps): Connection {
	const { socket, log } = deps;
	const clientId = newId();
	let identity: Identity | null = null;
	let reidentify = deps.again;
	let expiredAt: number | null = null;
	let failures = 0;
	let closed = false;
	const pace = createPace();
	const waiting: { text: string; bytes: number }[] = [];
	let waitingBytes = 0;
	let working = false;

	const outbox = createOutbox(socket, deps.limits, {
		relieved: () => subscriptions.relieved(),
		tooSlow() {
			socket.close(CLOSE.timeout, 'too slow a reader');
			// The close frame waits behind what is not read.
			setTimeout(() => socket.terminate(), 2_000).unref();
		}
	});
	const subscriptions = createSubscriptions({
		...deps,
		outbox,
		clientId,
		identity: () => identity!,
		refuse
	});

	const deadline = setTimeout(() => {
		if (identity || closed) return;
		refuse('UNAUTHORIZED', 'Nobody has said who they are in time.');
		socket.close(CLOSE.unauthorized, 'authentication timeout');
	}, deps.limits.authMs);
	deadline.unref();

	function refuse(
		code: ErrorCode | ClientErrorCode,
		message: string,
		messageId?: string,
		details?: Record<string, unknown>
	): void {
		deps.onRefused(code);
		outbox.send(
			JSON.stringify({
				type: 'error',
				code,
				message: message.slice(0, 500),
				...(messageId === undefined ? {} : { messageId }),
				...(details ? { details } : {}),
				timestamp: new Date().toISOString()
			})
		);
	}

	function fail(error: unknown, messageId?: string): void {
		if (isAppError(error)) return refuse(error.code, error.message, messageId, error.details);
		log.error({ err: error }, 'a message of a client failed');
		refuse('INTERNAL_ERROR', 'That did not work.', messageId);
	}

	/** Lets somebody in; false: they have too many connections, and this one ends. */
	function admit(who: Identity, messageId?: string): boolean {
		if (!deps.enter(who.actor.id)) {
			refuse('CONNECTION_LIMIT', 'Too many connections of one person.', messageId);
			socket.close(CLOSE.flood, 'CONNECTION_LIMIT');
			return false;
		}
		identity = who;
		expiredAt = null;
		clearTimeout(deadline);
		const { actor, grant, expiresAt } = who;
		outbox.send(
			eventText({
				event: 'authenticated',
				data: {
					userId: actor.id,
					orgIds: grant ? [] : [...actor.memberships.keys()],
					expiresAt: expiresAt?.toISOString() ?? null
				},
				...(messageId === undefined ? {} : { messageId })
			})
		);
		return true;
	}

	async function authenticate(
		message: Extract<ClientMessage, { type: 'authenticate' }>
	): Promise<void> {
		const { token, userId, messageId } = message;
		const who = await deps.identify(token);
		if (closed) return;
		if (!who || (userId !== undefined && userId !== who.actor.id)) {
			refuse('AUTH_FAILED', 'This token does not count.', messageId);
			if (++failures >= MAX_FAILURES) socket.close(CLOSE.unauthorized, 'AUTH_FAILED');
			return;
		}
		leave();
		if (admit(who, messageId)) reidentify = () => deps.identify(token);
	}

	function leave(): void {
		subscriptions.clear();
		if (identity) deps.leave(identity.actor.id);
		identity = null;
	}

	async function handle(message: ClientMessage): Promise<void> {
		const { messageId } = message;
		if (message.type === 'authenticate') return authenticate(message);
		if (message.type === 'ping') return;
		if (!identity) return refuse('NOT_AUTHENTICATED', 'Say who you are first.', messageId);
		if (expiredAt !== null)
			return refuse('TOKEN_EXPIRED', 'Send a new token: authenticate.', messageId);
		if (message.type === 'subscribe' && !message.sessionId && !message.runnerId)
			throw new AppError('VALIDATION_ERROR', 'Name a session or a runner.', {
				issues: [{ path: 'sessionId', message: 'Name a session or a runner.' }]
			});
		switch (message.type) {
			case 'subscribe':
			case 'subscribe_session':
				if (subscriptions.size >= MAX_SUBSCRIPTIONS && !subscriptions.knows(message))
					throw new AppError('RATE_LIMITED', `At most ${MAX_SUBSCRIPTIONS} subscriptions.`);
				return subscriptions.subscribe(message);
			case 'unsubscribe':
			case 'unsubscribe_session':
				return subscriptions.unsubscribe(message);
			case 'terminal':
			case 'terminal_input':
				return subscriptions.terminal(message);
		}
	}

	/** One after the other: what was sent after `authenticate` counts as said by who that was. */
	async function work(): Promise<void> {
		working = true;
		for (let next = waiting.shift(); next && !closed; next = waiting.shift()) {
			waitingBytes -= next.bytes;
			const read = readClientMessage(next.text);
			if (read.ok) {
				const fields = { requestId: newId(), ...(identity ? { userId: identity.actor.id } : {}) };
				await withLogContext(fields, () => handle(read.message)).catch((error: unknown) =>
					fail(error, read.message.messageId)
				);
			} else {
				refuse(read.code, read.reason, read.messageId, read.details);
				if (pace.bad(performance.now()))
					socket.close(CLOSE.protocolErrors, 'too many messages that could not be read');
			}
			if (socket.isPaused && waiting.length < MOST_WAITING / 2) socket.resume();
		}
		working = false;
	}

	/** Answered at once, whatever waits. */
	function pong(text: string): boolean {
		if (text.length > 400 || !text.includes('"ping"')) return false;
		const read = readClientMessage(text);
		if (!read.ok || read.message.type !== 'ping') return false;
		const { messageId } = read.message;
		outbox.send(
			JSON.stringify({
				type: 'pong',
				...(messageId === undefined ? {} : { messageId }),
				timestamp: new Date().toISOString()
			})
		);
		return true;
	}

	socket.on('message', (data, isBinary) => {
		if (closed || socket.readyState !== socket.OPEN) return;
		if (isBinary) return socket.close(CLOSE.unsupported, 'text only');
		const allowed = pace.message(performance.now());
		if (allowed === 'close') return socket.close(CLOSE.flood, 'too many messages');
		if (allowed === 'warn')
			return refuse('RATE_LIMITED', 'Too many messages; this one was dropped.', undefined, {
				retryAfterMs: 1_000
			});
		const text = (data as Buffer).toString();
		if (pong(text)) return;
		const bytes = (data as Buffer).length;
		waiting.push({ text, bytes });
		waitingBytes += bytes;
		if (waiting.length > MOST_WAITING || waitingBytes > MOST_WAITING_BYTES) socket.pause();
		if (!working) void work();
	});

	outbox.send(
		eventText({
			event: 'connected',
			data: { clientId, protocol: CLIENT_PROTOCOL, heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS }
		})
	);
	if (deps.first) admit(deps.first);

	return {
		get identity() {
			return identity;
		},
		get expiredAt() {
			return expiredAt;
		},
		reidentify: () => reidentify(),
		lose(how) {
			if (how === 'ended') {
				subscriptions.clear();
				socket.close(CLOSE.unauthorized, 'access ended');
			} else if (expiredAt === null) {
				expiredAt = performance.now();
				refuse('TOKEN_EXPIRED', 'The token has run out. Send a new one: authenticate.');
			}
		},
		renew(now) {
			if (!identity || identity.actor.id !== now.actor.id) return;
			identity = now;
			subscriptions.recheck();
		},
		check: (nowMs) => outbox.check(nowMs),
		shutDown() {
			outbox.send(eventText({ event: 'server_shutdown', data: {} }));
			socket.close(CLOSE.goingAway, 'the server goes down');
		},
		close() {
			if (closed) return;
			closed = true;
			clearTimeout(deadline);
			leave();
			outbox.close();
			waiting.length = 0;
		}
	};
}
