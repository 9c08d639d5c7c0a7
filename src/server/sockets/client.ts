// /ws: sessions and runners for programs, as text; both dialects on one socket (docs/protocol.md). What is shared by all
// connections is in client/hub.ts; this door knows who may come in, how many of them, and for how long.
import type { IncomingMessage } from 'node:http';
import { CLOSE } from '#protocol/close-codes.ts';
import { MAX_MESSAGE_BYTES, HEARTBEAT_INTERVAL_MS } from '#protocol/client/limits.ts';
import type { Identity } from '#server/auth/authenticate.ts';
import { headerReader } from '#server/auth/headers.ts';
import { concerns } from '#server/auth/revocation.ts';
import type { Auth } from '#server/auth/service.ts';
import type { EventLog } from '#server/events/log.ts';
import type { Feed } from '#server/events/feed.ts';
import type { Logger } from '#server/log.ts';
import type { Runners } from '#server/runners/service.ts';
import type { Sessions } from '#server/sessions/service.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { createConnection, type Connection, type ConnectionDeps } from './client/connection.ts';
import { createHub } from './client/hub.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { Admission, Door } from './upgrade.ts';

/** Connections of one person, and those of one address that have not said who they are. */
const CONNECTIONS_PER_USER = 10;
const ANONYMOUS_PER_ADDRESS = 50;
/** A server that goes down waits this long for its last words to leave. */
const LAST_WORDS_MS = 500;

export interface ClientDoorTimings {
	deadMs: number;
	/** Time to say who one is. */
	authMs: number;
	/** Time to send a new token after the old one has run out. */
	expiredMs: number;
	/** How often it is looked up again whether a credential still counts; a revocation is acted on at once besides. */
	revalidateMs: number;
	fullBytes: number;
	mostBytes: number;
	stalledMs: number;
	/** Half a character of terminal output waits this long for its other half. */
	tailMs: number;
}

const TIMINGS: ClientDoorTimings = {
	deadMs: 60_000,
	authMs: 10_000,
	expiredMs: 30_000,
	revalidateMs: 3_000,
	fullBytes: 1_048_576,
	mostBytes: 8 * 1_048_576,
	stalledMs: 30_000,
	tailMs: 100
};

export interface ClientDoorDeps {
	feed: Feed;
	log: EventLog;
	logger: Logger;
	terminals: Terminals;
	auth: Pick<Auth, 'identityFromRequest' | 'origins' | 'revocations'>;
	sessions: Pick<Sessions, 'get' | 'events' | 'input'>;
	runners: Pick<Runners, 'get'>;
	askedIn: ConnectionDeps['askedIn'];
	onRefused(code: string): void;
	timings?: Partial<ClientDoorTimings> | undefined;
}

/** The client door: a cookie with our Origin, a bearer token, or nothing yet. */
export function createClientDoor(deps: ClientDoorDeps): Door {
	const timings = { ...TIMINGS, ...deps.timings };
	const { auth, sessions, runners } = deps;
	const connections = new Map<Connection, { closed: Promise<void>; address: string }>();
	const people = new Map<string, number>();
	const hub = createHub({
		feed: deps.feed,
		events: deps.log,
		terminals: deps.terminals,
		log: deps.logger,
		tailMs: timings.tailMs
	});
	const heartbeat = createHeartbeat(HEARTBEAT_INTERVAL_MS, timings.deadMs);

	const stop = auth.revocations.subscribe((revocation) => {
		for (const connection of connections.keys())
			if (connection.identity && concerns(revocation, connection.identity.actor))
				void revalidate(connection, true);
	});
	const timer = setInterval(
		() => {
			const now = performance.now();
			for (const connection of connections.keys()) {
				connection.check(now);
				void revalidate(connection, false);
			}
		},
		Math.min(timings.revalidateMs, timings.expiredMs, timings.stalledMs)
	);
	timer.unref();

	/** Who comes with a request, session tokens included; null: nobody, or a credential that does not count. */
	const identify = (request: IncomingMessage, header = headerReader(request.headers)) =>
		auth.identityFromRequest({
			header,
			cookieAllowed: auth.origins.cookieCountsOnUpgrade(header),
			transport: 'ws',
			ip: request.socket.remoteAddress ?? null
		});

	/** Looks a person up again: rights change at once, a credential that ended ends the connection. */
	async function revalidate(connection: Connection, revoked: boolean): Promise<void> {
		const before = connection.identity;
		if (!before) return;
		if (connection.expiredAt !== null) {
			const late = performance.now() - connection.expiredAt >= timings.expiredMs;
			if (late || revoked) connection.lose('ended');
			return;
		}
		let now: Identity | null;
		try {
			now = await connection.reidentify();
		} catch (error) {
			deps.logger.warn({ err: error }, 'a client was not looked up again');
			return;
		}
		if (connection.identity !== before) return;
		const over = (identity: Identity) =>
			identity.expiresAt !== null && identity.expiresAt.getTime() <= Date.now();
		if (now && !over(now)) connection.renew(now);
		else connection.lose(over(now ?? before) ? 'expired' : 'ended');
	}

	function anonymous(address: string): number {
		let n = 0;
		for (const [connection, entry] of connections)
			if (!connection.identity && entry.address === address) n++;
		return n;
	}

	async function admit(request: IncomingMessage): Promise<Admission> {
		const first = await identify(request);
		if (!first && request.headers.authorization !== undefined)
			return {
				refuse: { status: 401, code: 'UNAUTHENTICATED', message: 'This token does not count.' }
			};
		const address = request.socket.remoteAddress ?? '';
		const crowded = () => !first && anonymous(address) >= ANONYMOUS_PER_ADDRESS;
		const refuse = {
			status: 429 as const,
			code: 'RATE_LIMITED',
			message: `At most ${ANONYMOUS_PER_ADDRESS} connections that say not who they are.`
		};
		if (crowded()) return { refuse };
		return {
			accept(socket) {
				// Of many upgrades admitted in the same moment, those that came too late are ended here.
				if (crowded()) return socket.close(CLOSE.flood, refuse.code);
				heartbeat.watch(socket);
				const connection = createConnection({
					hub,
					socket,
					log: deps.logger,
					terminals: deps.terminals,
					askedIn: deps.askedIn,
					onRefused: deps.onRefused,
					session: (actor, id) => sessions.get(actor, id),
					events: (actor, id, after, limit) => sessions.events(actor, id, after, limit),
					input: (actor, id, data) => sessions.input(actor, id, data),
					runner: (actor, id) => runners.get(actor, id),
					limits: timings,
					first,
					again: () => identify(request),
					identify: (token) =>
						identify(request, (name) => (name === 'authorization' ? `Bearer ${token}` : undefined)),
					enter(userId) {
						const n = people.get(userId) ?? 0;
						if (n >= CONNECTIONS_PER_USER) return false;
						people.set(userId, n + 1);
						return true;
					},
					leave(userId) {
						const n = (people.get(userId) ?? 1) - 1;
						if (n > 0) people.set(userId, n);
						else people.delete(userId);
					}
				});
				const closed = new Promise<void>((resolve) =>
					socket.once('close', () => {
						connections.delete(connection);
						connection.close();
						resolve();
					})
				);
				connections.set(connection, { closed, address });
			}
		};
	}

	return {
		path: '/ws',
		audience: 'browser',
		maxPayload: MAX_MESSAGE_BYTES,
		admit,
		async close() {
			stop();
			clearInterval(timer);
			heartbeat.close();
			const all = [...connections];
			for (const [connection] of all) connection.shutDown();
			await Promise.race([
				Promise.all(all.map(([, { closed }]) => closed)),
				new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))
			]);
			hub.close();
		}
	};
}
