// /ws/terminal: terminals of sessions to browsers, many sessions over one socket. The bytes are the engine's business
// (server/terminals); this door knows who may look, who may type, and what a client may not do. docs/protocol.md
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import { concerns, type Revocations } from '#server/auth/revocation.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { Logger } from '#server/log.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { createHeartbeat } from './heartbeat.ts';
import {
	createTerminalConnection,
	MAX_TERMINAL_MESSAGE,
	type TerminalConnection
} from './terminal-connection.ts';
import type { Admission, Door, Refusal } from './upgrade.ts';

/** Sockets of one person at a time. */
export const MAX_TERMINAL_SOCKETS = 10;

export interface TerminalDoorTimings {
	pingMs: number;
	deadMs: number;
	/** How often it is looked up again whether a login still counts; a revocation is acted on at once besides. */
	revalidateMs: number;
}

const TIMINGS: TerminalDoorTimings = { pingMs: 30_000, deadMs: 60_000, revalidateMs: 4_000 };

export interface TerminalDoorDeps {
	/** Who asks, as things are now; null when the credential does not count (any more). */
	authenticate(request: IncomingMessage): Promise<Actor | null>;
	/** The session, when the actor may read it. Throws `SESSION_NOT_FOUND` for absent and foreign alike. */
	session(actor: Actor, sessionId: string): Promise<{ orgId: string }>;
	terminals: Terminals;
	revocations: Revocations;
	log: Logger;
	/** Somebody begins to type: the first key since they got the keyboard. */
	onTyping?(actor: Actor, session: { sessionId: string; orgId: string }): void;
	timings?: Partial<TerminalDoorTimings>;
}

/** The terminal door: a cookie with our Origin, or a bearer token. Whoever may read a session may look at it. */
export function createTerminalDoor(deps: TerminalDoorDeps): Door {
	const timings = { ...TIMINGS, ...deps.timings };
	const connections = new Map<
		TerminalConnection,
		{ request: IncomingMessage; socket: WebSocket }
	>();
	const heartbeat = createHeartbeat(timings.pingMs, timings.deadMs);

	const stop = deps.revocations.subscribe((revocation) => {
		for (const [connection, { socket }] of connections) {
			if (!concerns(revocation, connection.actor)) continue;
			if (revocation.kind === 'credential' || revocation.kind === 'user')
				socket.close(CLOSE.unauthorized, 'access ended');
			else void revalidate(connection);
		}
	});
	const timer = setInterval(() => {
		for (const connection of connections.keys()) void revalidate(connection);
	}, timings.revalidateMs);
	timer.unref();

	/** Looks the person up again: a lost login ends the socket, a changed role changes what it may do. */
	async function revalidate(connection: TerminalConnection): Promise<void> {
		const entry = connections.get(connection);
		if (!entry || entry.socket.readyState !== entry.socket.OPEN) return;
		let actor: Actor | null;
		try {
			actor = await deps.authenticate(entry.request);
		} catch (error) {
			deps.log.warn({ err: error }, 'terminal socket not revalidated');
			return;
		}
		if (actor) connection.setActor(actor);
		else entry.socket.close(CLOSE.unauthorized, 'access ended');
	}

	async function admit(request: IncomingMessage): Promise<Admission> {
		const actor = await deps.authenticate(request);
		if (!actor) return refuse(401, 'UNAUTHENTICATED', 'Sign in first.');
		let own = 0;
		for (const connection of connections.keys()) if (connection.actor.id === actor.id) own++;
		if (own >= MAX_TERMINAL_SOCKETS)
			return refuse(429, 'RATE_LIMITED', `At most ${MAX_TERMINAL_SOCKETS} terminal sockets each.`);
		return {
			accept(socket, wire) {
				heartbeat.watch(socket);
				const connection = createTerminalConnection({ ...deps, socket, wire, actor });
				connections.set(connection, { request, socket });
				socket.once('close', () => {
					connections.delete(connection);
					connection.close();
				});
			}
		};
	}

	return {
		path: '/ws/terminal',
		audience: 'browser',
		maxPayload: MAX_TERMINAL_MESSAGE,
		admit,
		close(code, reason) {
			stop();
			clearInterval(timer);
			heartbeat.close();
			for (const { socket } of connections.values()) socket.close(code, reason);
		}
	};
}

function refuse(status: Refusal['status'], code: string, message: string): Admission {
	return { refuse: { status, code, message } };
}
