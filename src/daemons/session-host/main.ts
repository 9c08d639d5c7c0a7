import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { HostDown } from '#protocol/host/down.ts';
import {
	CONNECTION_WINDOW,
	HOST_PROTOCOL,
	MAX_HOST_FRAME,
	STREAM_WINDOW
} from '#protocol/host/limits.ts';
import type { HostWelcome } from '#protocol/host/welcome.ts';
import { createAskServer } from './ask-socket.ts';
import { createAsks } from './asks.ts';
import { loadBinding } from './binding.ts';
import { serveConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { readBootId, takeLock } from './lock.ts';
import { openProcessTable } from './processes.ts';
import { recoverSessions } from './recovered.ts';
import type { Windows } from './sender.ts';
import type { SessionContext } from './session-context.ts';
import { createSessions } from './sessions.ts';
import { STOP_TIMES } from './stopper.ts';
import type { StopTimes } from './stopper.ts';

/** Deadlines, leases and expiries are looked at this often while a session lives. */
const TICK_MS = 250;
const IDLE_EXIT_MS = 5 * 60_000;

export interface SessionHostOptions {
	/** Folder of spools, states and lock; made with mode 0700. */
	dir: string;
	/** Where runners connect; at most 103 bytes. */
	socketPath: string;
	/** Where `village ask` connects; default `<socketPath>.ask`. */
	askSocketPath?: string;
	/** It ends when for so long no session lives and no runner is connected. Default 5 min. */
	idleExitMs?: number;
	/** Shorter times and smaller sizes, for tests. */
	stopTimes?: Partial<StopTimes>;
	windows?: Partial<Windows>;
	spool?: { limit?: number; segmentBytes?: number; keepBytes?: number };
	/** One line per event worth keeping. Default: nothing. */
	log?(line: string): void;
}

export interface SessionHost {
	/** Resolves when the host has ended: drained, idle, or closed. Nothing of it is left then. */
	readonly closed: Promise<void>;
	/** Ends all sessions by force, then the host. What they wrote stays in the spools. */
	close(): Promise<void>;
}

/**
 * Runs a session host in this process. Throws HostLockedError when the folder has one already.
 * Runners come and go; the sessions stay.
 */
export async function runSessionHost(options: SessionHostOptions): Promise<SessionHost> {
	const table = openProcessTable();
	const releaseLock = takeLock(options.dir, table);
	const log = options.log ?? (() => undefined);
	const hostId = randomUUID();
	const startedAt = Date.now();
	const askSocketPath = options.askSocketPath ?? `${options.socketPath}.ask`;
	let current: Connection | null = null;
	let draining = false;
	let closing = false;
	let binding: ReturnType<typeof loadBinding> | undefined;
	let idleSince = startedAt;
	let resolveClosed: () => void;
	const closed = new Promise<void>((resolve) => (resolveClosed = resolve));

	const emit = (message: HostDown): void => current?.send(message);
	const asks = createAsks(emit);
	const context: SessionContext = {
		dir: options.dir,
		bootId: readBootId(),
		table,
		native: () => (binding ??= loadBinding()),
		times: { ...STOP_TIMES, ...options.stopTimes },
		spool: options.spool ?? {},
		live: () => sessions.all().filter((one) => one.live).length,
		sessionEnv: (key) => ({
			VILLAGE_ASK_SOCKET: askSocketPath,
			VILLAGE_ASK_TOKEN: asks.admit(key)
		}),
		emit,
		offer: (streamId, kind, offset, frame) =>
			current?.sender.offer(streamId, kind, offset, frame) ?? false,
		onEnded(key) {
			asks.endSession(key);
			log(`session ${key.sessionId} attempt ${key.attempt} ended`);
			// After the exit is told: a drained host may end in this very turn.
			setImmediate(look);
		}
	};
	const sessions = createSessions({
		context,
		asks,
		recovered: recoverSessions(context),
		isDraining: () => draining,
		onGone: () => setImmediate(look)
	});

	/** Says what there is. Questions too long for one frame follow as messages of their own. */
	function greet(connection: Connection): void {
		const open = sessions.all().map((one) => ({ ...one.describe(), ...asks.list(one) }));
		const welcome: HostWelcome = {
			t: 'welcome',
			protocol: HOST_PROTOCOL,
			hostId,
			pid: process.pid,
			startedAt,
			draining,
			sessions: open
		};
		if (Buffer.byteLength(JSON.stringify(welcome)) <= MAX_HOST_FRAME)
			return connection.send(welcome);
		const sessionsOnly = open.map((one) => ({ ...one, asks: [], askOutcomes: [] }));
		connection.send({ ...welcome, sessions: sessionsOnly });
		for (const one of open) {
			for (const ask of one.asks) connection.send({ t: 'approval.request', ...ask });
		}
	}

	const runners = createServer((socket) =>
		serveConnection(
			socket,
			{ streamBytes: STREAM_WINDOW, connectionBytes: CONNECTION_WINDOW, ...options.windows },
			{
				onHello(connection) {
					// The newest wins: the former may be frozen, or a runner that was thought dead.
					current?.close('REPLACED', 'another runner connected');
					current = connection;
					log('a runner connected');
					greet(connection);
				},
				onMessage(connection, message) {
					if (connection !== current) return;
					if (message.t === 'drain') {
						draining = true;
						setImmediate(look);
					} else if (message.t === 'stats') {
						connection.send({ t: 'stats_reply', requestId: message.requestId, ...figures() });
					} else sessions.handle(connection, message);
				},
				onInput(connection, frame) {
					if (connection === current) sessions.bytes(connection, frame);
				},
				onClose(connection) {
					if (connection !== current) return;
					current = null;
					idleSince = Date.now();
					log('the runner is gone');
				}
			}
		)
	);
	const askServer = createAskServer({
		asks,
		teller(token, sessionId) {
			const key = asks.keyOf(token, sessionId);
			const session = key && sessions.find(key);
			return session ? (line) => session.tell(line) : null;
		}
	});

	function figures(): { rssBytes: number; spoolBytes: number; sessions: number } {
		let spoolBytes = 0;
		for (const one of sessions.all()) {
			for (const spool of one.spools.values()) spoolBytes += spool.end - spool.start;
		}
		return { rssBytes: process.memoryUsage.rss(), spoolBytes, sessions: sessions.all().length };
	}

	/** Ends the host when nothing needs it: what is left on disk is found by the next one. */
	function look(): void {
		const all = sessions.all();
		if (closing) return;
		if (all.some((one) => one.live) || current) idleSince = Date.now();
		const idle = Date.now() - idleSince >= (options.idleExitMs ?? IDLE_EXIT_MS);
		if ((draining && all.length === 0) || idle) void finish(draining ? 'drained' : 'idle');
	}

	// One wheel for all deadlines, leases and expiries.
	const wheel = setInterval(() => {
		const now = Date.now();
		for (const one of sessions.all()) one.tick(now);
		asks.tick(now);
		look();
	}, TICK_MS);

	async function finish(why: string): Promise<void> {
		closing = true;
		log(`the host ends: ${why}`);
		clearInterval(wheel);
		current?.destroy();
		await Promise.all([closeServer(runners), closeServer(askServer)]);
		rmSync(options.socketPath, { force: true });
		rmSync(askSocketPath, { force: true });
		releaseLock();
		resolveClosed();
	}

	try {
		mkdirSync(join(options.dir, 'sessions'), { recursive: true, mode: 0o700 });
		await listen(askServer, askSocketPath);
		await listen(runners, options.socketPath);
	} catch (error) {
		clearInterval(wheel);
		await Promise.all([closeServer(runners), closeServer(askServer)]);
		releaseLock();
		throw error;
	}
	log(`listening on ${options.socketPath}`);
	return {
		closed,
		async close() {
			if (closing) return closed;
			draining = true;
			for (const one of sessions.all()) one.stop('drain', true);
			await Promise.all(sessions.all().map((one) => one.ended));
			if (!closing) await finish('closed');
			return closed;
		}
	};
}

/** Connections of a server, to be ended with it. */
const openSockets = new WeakMap<Server, Set<Socket>>();

/** Binds a socket only its owner may use; a stale one is replaced (the lock says that it is stale). */
function listen(server: Server, path: string): Promise<void> {
	rmSync(path, { force: true });
	const sockets = new Set<Socket>();
	openSockets.set(server, sockets);
	server.on('connection', (socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	return new Promise((resolve, reject) => {
		// Also later: a failed accept must not end the sessions.
		server.on('error', reject);
		const mask = process.umask(0o177);
		server.listen(path, () => {
			chmodSync(path, 0o600);
			resolve();
		});
		// The bind happens inside listen(); nothing else may be made with this mask.
		process.umask(mask);
	});
}

function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		if (!server.listening) return resolve();
		server.close(() => resolve());
		for (const socket of openSockets.get(server) ?? []) socket.destroy();
	});
}
