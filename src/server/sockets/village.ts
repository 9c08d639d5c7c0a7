// /ws/village: who is here, where they stand, what they point at. Nothing that must not be lost passes here.
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import { Id } from '#protocol/envelope.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { DownMessage } from '#protocol/village/down.ts';
import { MAX_MESSAGE_BYTES } from '#protocol/village/limits.ts';
import { readUp } from '#protocol/village/up.ts';
import { may, type Actor } from '#server/auth/actor.ts';
import { concerns, type Revocations } from '#server/auth/revocation.ts';
import type { Clock } from '#server/clock.ts';
import type { Presence } from '#server/presence/presence.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { Admission, Door, Refusal } from './upgrade.ts';

/** Tabs of one person at a time. */
const MAX_TABS = 10;
/** Refused messages of one tab within ten seconds after which it is a flood. */
const MAX_REFUSED = 200;
const REFUSED_WINDOW_MS = 10_000;
/** A refusal is told at most this often; telling each would double the flood. */
const TELL_EVERY_MS = 1_000;
const PING_EVERY_MS = 30_000;
const DEAD_AFTER_MS = 60_000;

interface Guest {
	actor: Actor;
	socket: WebSocket;
	refused: { count: number; since: number; toldAt: number };
}

/**
 * The presence door: `GET /ws/village?village=ID`, cookie with our Origin, or a bearer token.
 * Viewers may be present. A village of another org is answered like an absent one.
 */
export function createVillageDoor(deps: {
	presence: Presence;
	clock: Clock;
	revocations: Revocations;
	authenticate: (request: IncomingMessage) => Promise<Actor | null>;
	/** The org of a village, or null when there is none. */
	orgOfVillage: (villageId: string) => Promise<string | null>;
}): Door {
	const guests = new Set<Guest>();
	const heartbeat = createHeartbeat(PING_EVERY_MS, DEAD_AFTER_MS);
	const stop = deps.revocations.subscribe((revocation) => {
		for (const { actor, socket } of guests)
			if (concerns(revocation, actor)) socket.close(CLOSE.unauthorized, 'access ended');
	});

	const tabsOf = (userId: string) =>
		[...guests].filter((guest) => guest.actor.id === userId).length;

	async function admit(request: IncomingMessage, url: URL): Promise<Admission> {
		const actor = await deps.authenticate(request);
		if (!actor) return refuse(401, 'UNAUTHENTICATED', 'Sign in first.');
		const villageId = Id.safeParse(url.searchParams.get('village'));
		if (!villageId.success) return refuse(400, 'VALIDATION_ERROR', 'Name a village: ?village=ID');
		const orgId = await deps.orgOfVillage(villageId.data);
		if (orgId === null || !may(actor, orgId, 'village.read'))
			return refuse(404, 'VILLAGE_NOT_FOUND', 'No such village.');
		if (tabsOf(actor.id) >= MAX_TABS)
			return refuse(429, 'RATE_LIMITED', `At most ${MAX_TABS} tabs at a time.`);
		return { accept: (socket) => accept(socket, actor, villageId.data) };
	}

	function accept(socket: WebSocket, actor: Actor, villageId: string): void {
		const guest: Guest = { actor, socket, refused: { count: 0, since: 0, toldAt: -Infinity } };
		guests.add(guest);
		heartbeat.watch(socket);
		const send = (message: DownMessage) => {
			if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
		};
		const visit = deps.presence.enter(
			villageId,
			{ userId: actor.id, name: actor.name },
			{
				send,
				get backlog() {
					return socket.bufferedAmount;
				}
			}
		);

		const refused = (code: ErrorCode, reason: string) => {
			const now = deps.clock.monotonicMs();
			const tally = guest.refused;
			if (now - tally.since > REFUSED_WINDOW_MS) {
				tally.since = now;
				tally.count = 0;
			}
			if (++tally.count > MAX_REFUSED) {
				socket.close(CLOSE.flood, 'too many messages');
				return;
			}
			if (now - tally.toldAt < TELL_EVERY_MS) return;
			tally.toldAt = now;
			send(['error', code, reason]);
		};

		socket.on('message', (data, isBinary) => {
			if (socket.readyState !== socket.OPEN) return;
			const read = isBinary
				? ({ ok: false, code: 'VALIDATION_ERROR', reason: 'Send text.' } as const)
				: readUp(String(data));
			if (!read.ok) return refused(read.code, read.reason);
			if (!visit.receive(read.message)) refused('RATE_LIMITED', 'At most ten messages a second.');
		});
		socket.once('close', () => {
			guests.delete(guest);
			visit.leave();
		});
	}

	return {
		path: '/ws/village',
		audience: 'browser',
		maxPayload: MAX_MESSAGE_BYTES,
		admit,
		close(code, reason) {
			stop();
			heartbeat.close();
			for (const { socket } of guests) socket.close(code, reason);
		}
	};
}

function refuse(status: Refusal['status'], code: ErrorCode, message: string): Admission {
	return { refuse: { status, code, message } };
}
