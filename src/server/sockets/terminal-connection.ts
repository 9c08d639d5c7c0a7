// One socket of the terminal door: reads its frames, checks each right when it is used, and carries the engine's answers.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import { readFrame } from '#protocol/envelope.ts';
import type { Attach } from '#protocol/terminal/attach.ts';
import { decodeTerminalFrame, MAX_INPUT_BYTES, TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import { TERMINAL_PROTOCOL } from '#protocol/terminal/hello.ts';
import { TERMINAL_UP_TYPES, TerminalUp } from '#protocol/terminal/up.ts';
import { may, type Actor } from '#server/auth/actor.ts';
import { isAppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { newId } from '#server/new-id.ts';
import {
	DEFAULT_TIMINGS,
	type Peer,
	type Terminals,
	type Viewer
} from '#server/terminals/types.ts';

/** Largest message a browser may send, bytes. */
export const MAX_TERMINAL_MESSAGE = 262_144;
/** Sessions one socket may look at. */
export const MAX_ATTACHMENTS = 100;
/** Frames that cannot be read within a minute, after which the socket is closed. */
const MAX_BAD = 10;
const BAD_WINDOW_MS = 60_000;
/** JSON messages a second (and that many at once); more are refused, and twice as many close the socket. */
const MESSAGES_PER_SECOND = 100;
/** Binary frames a second: keys and acknowledgements of a hundred terminals. */
const FRAMES_PER_SECOND = 4_000;
/** A socket that has this much unsent is ended: acknowledgements keep an honest one far below. */
const MOST_BACKLOG = 8 * 1_048_576;
const HALF_BACKLOG = DEFAULT_TIMINGS.peerBacklog / 2;

interface Attachment {
	sessionId: string;
	orgId: string;
	viewer: Viewer;
	/** That somebody types here is on record, since this viewer last got the keyboard. */
	noted: boolean;
}

export interface TerminalConnection {
	readonly actor: Actor;
	/** The person as they are now: rights are given and taken at once. */
	setActor(actor: Actor): void;
	close(): void;
}

export function createTerminalConnection(deps: {
	socket: WebSocket;
	/** What the websocket writes to: whole messages go there as they are. It must not compress or queue them itself. */
	wire: Duplex;
	actor: Actor;
	session(actor: Actor, sessionId: string): Promise<{ orgId: string }>;
	terminals: Terminals;
	log: Logger;
	/** The first key since this viewer got the keyboard. */
	onTyping?(actor: Actor, session: { sessionId: string; orgId: string }): void;
}): TerminalConnection {
	const { socket, wire, terminals } = deps;
	let { actor } = deps;
	const attachments = new Map<number, Attachment>();
	/** Sessions whose `attach` is under way. */
	const attaching = new Set<string>();
	const bad = { count: 0, since: 0 };
	const messages = createBudget(MESSAGES_PER_SECOND);
	const frames = createBudget(FRAMES_PER_SECOND);
	let watching = false;
	let closed = false;

	function send(message: TerminalDown): void {
		if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
		bound();
	}

	function frame(bytes: Buffer, message?: Buffer): void {
		if (socket.readyState !== socket.OPEN) return;
		const tell = !watching && socket.bufferedAmount >= HALF_BACKLOG;
		watching ||= tell;
		if (message) wire.write(message, tell ? drained : undefined);
		else socket.send(bytes, BINARY, tell ? drained : undefined);
		bound();
	}

	function drained(): void {
		watching = false;
		if (!closed) for (const { viewer } of attachments.values()) viewer.drained();
	}

	function bound(): void {
		if (socket.bufferedAmount > MOST_BACKLOG) socket.terminate();
	}

	function fail(error: unknown, where: { ref?: number; stream?: number; counter?: number }): void {
		if (isAppError(error)) {
			send({ t: 'error', code: error.code, message: error.message.slice(0, 300), ...where });
			return;
		}
		deps.log.error({ err: error }, 'terminal message failed');
		send({ t: 'error', code: 'INTERNAL_ERROR', message: 'That did not work.', ...where });
	}

	function malformed(code: string, message: string): void {
		const now = performance.now();
		if (now - bad.since > BAD_WINDOW_MS) Object.assign(bad, { count: 0, since: now });
		if (++bad.count >= MAX_BAD) {
			socket.close(CLOSE.protocolErrors, 'too many frames that could not be read');
			return;
		}
		send({ t: 'error', code, message: message.slice(0, 300) });
	}

	const canWrite = (orgId: string) => may(actor, orgId, 'terminal.write');

	async function attach(message: Attach): Promise<void> {
		const { sessionId, ref } = message;
		const refuse = (code: string, text: string) => send({ t: 'error', code, message: text, ref });
		if (attachments.size + attaching.size >= MAX_ATTACHMENTS)
			return refuse('RATE_LIMITED', `At most ${MAX_ATTACHMENTS} terminals on one connection.`);
		if (
			attaching.has(sessionId) ||
			[...attachments.values()].some((a) => a.sessionId === sessionId)
		)
			return refuse('CONFLICT', 'This connection already shows that session.');
		attaching.add(sessionId);
		try {
			const { orgId } = await deps.session(actor, sessionId);
			const peer: Peer = {
				id: newId(),
				get backlog() {
					return socket.bufferedAmount;
				},
				frame,
				message(down) {
					// The engine let go of it: its bytes were deleted.
					if (down.t === 'detached') attachments.delete(down.stream);
					if (down.t === 'keyboard' && down.holder?.viewerId !== peer.id) {
						const mine = attachments.get(down.stream);
						if (mine) mine.noted = false;
					}
					send(down);
				}
			};
			const who = { userId: actor.id, name: actor.name, canWrite: canWrite(orgId) };
			const viewer = await terminals.attach(sessionId, peer, who, message, ref);
			if (closed) return viewer.detach();
			attachments.set(viewer.stream, { sessionId, orgId, viewer, noted: false });
			// Rights may have changed while the session was opened.
			check(viewer.stream);
		} catch (error) {
			fail(error, { ref });
		} finally {
			attaching.delete(sessionId);
		}
	}

	/** Gives an attachment the rights its person has now, or ends it. */
	function check(stream: number): void {
		const attachment = attachments.get(stream);
		if (!attachment) return;
		if (may(actor, attachment.orgId, 'session.read')) {
			attachment.viewer.setCanWrite(canWrite(attachment.orgId));
			return;
		}
		detach(stream);
		send({ t: 'detached', stream, code: 'SESSION_NOT_FOUND', message: 'No such session.' });
	}

	function detach(stream: number): void {
		attachments.get(stream)?.viewer.detach();
		attachments.delete(stream);
	}

	function onText(text: string): void {
		const read = readFrame(TerminalUp, TERMINAL_UP_TYPES, text);
		if (!read.ok) return malformed(read.code, read.message);
		const message = read.frame;
		if (!messages.take()) {
			if (messages.refused > MESSAGES_PER_SECOND) socket.close(CLOSE.flood, 'too many messages');
			else if (messages.refused === 1)
				send({
					t: 'error',
					code: 'RATE_LIMITED',
					message: 'Too many messages; some were dropped.'
				});
			return;
		}
		if (message.t === 'attach') return void attach(message);
		const { stream } = message;
		const attachment = attachments.get(stream);
		if (!attachment)
			return send({ t: 'error', code: 'UNKNOWN_STREAM', message: 'Not attached.', stream });
		switch (message.t) {
			case 'detach':
				detach(stream);
				return send({ t: 'detached', stream, code: 'asked', message: 'Detached.' });
			case 'viewport':
				attachment.viewer.setVisible(message.visible);
				attachment.viewer.setSize(message.cols, message.rows);
				return;
			case 'keyboard':
				check(stream);
				try {
					attachment.viewer.keyboard(message.action, message.to);
				} catch (error) {
					fail(error, { stream });
				}
		}
	}

	function onFrame(bytes: Buffer): void {
		if (!frames.take()) {
			socket.close(CLOSE.flood, 'too many frames');
			return;
		}
		const read = decodeTerminalFrame(bytes);
		if (!read) return malformed('BAD_FRAME', 'A frame begins with 13 bytes of header.');
		const { kind, stream, offset, payload } = read;
		const attachment = attachments.get(stream);
		switch (kind) {
			case TERMINAL_KIND.ack:
				// Acknowledgements cross `detach` on their way; that is no mistake.
				attachment?.viewer.acknowledge(offset);
				return;
			case TERMINAL_KIND.input: {
				if (!attachment)
					return send({
						t: 'error',
						code: 'UNKNOWN_STREAM',
						message: 'Not attached.',
						stream,
						counter: offset
					});
				if (payload.length === 0 || payload.length > MAX_INPUT_BYTES)
					return malformed('BAD_FRAME', `Input has 1..${MAX_INPUT_BYTES} bytes.`);
				try {
					attachment.viewer.setCanWrite(canWrite(attachment.orgId));
					// A copy: what the socket read into is used again.
					attachment.viewer.type(offset, Buffer.from(payload));
					if (!attachment.noted) {
						attachment.noted = true;
						deps.onTyping?.(actor, attachment);
					}
				} catch (error) {
					fail(error, { stream, counter: offset });
				}
				return;
			}
			default:
				malformed('BAD_FRAME', `Unknown kind ${kind}.`);
		}
	}

	socket.on('message', (data, isBinary) => {
		if (closed || socket.readyState !== socket.OPEN) return;
		if (isBinary) onFrame(data as Buffer);
		else onText((data as Buffer).toString());
	});
	send({
		t: 'hello',
		protocol: TERMINAL_PROTOCOL,
		connectionId: newId(),
		window: DEFAULT_TIMINGS.viewerWindow,
		maxMessage: MAX_TERMINAL_MESSAGE,
		maxAttachments: MAX_ATTACHMENTS
	});

	return {
		get actor() {
			return actor;
		},
		setActor(now) {
			actor = now;
			for (const stream of [...attachments.keys()]) check(stream);
		},
		close() {
			closed = true;
			for (const { viewer } of attachments.values()) viewer.detach();
			attachments.clear();
		}
	};
}

const BINARY = { binary: true } as const;

/** So many a second, and as many at once. `refused` counts since the last one that was let through after a pause. */
function createBudget(perSecond: number) {
	let left = perSecond;
	let at = performance.now();
	let refused = 0;
	return {
		get refused() {
			return refused;
		},
		take(): boolean {
			const now = performance.now();
			left = Math.min(perSecond, left + ((now - at) / 1000) * perSecond);
			at = now;
			if (left < 1) {
				refused++;
				return false;
			}
			if (left >= perSecond / 2) refused = 0;
			left--;
			return true;
		}
	};
}
