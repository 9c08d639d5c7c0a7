import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { z } from 'zod';
import { AskAnswered, AskApplied, AskRequest, MAX_ASK_LINE } from '#protocol/host/ask-line.ts';
import type { AskDown } from '#protocol/host/ask-line.ts';
import { TellHello, TellLine } from '#protocol/host/tell-line.ts';
import type { TellDown } from '#protocol/host/tell-line.ts';
import type { Asks, OpenAsk } from './asks.ts';

/** Processes that ask or tell at once, over all sessions. */
const MAX_CONNECTIONS = 512;
/** How long a connection may say nothing before its first line. */
const FIRST_LINE_MS = 5000;

const SessionUp = z.discriminatedUnion('t', [
	AskRequest,
	AskApplied,
	AskAnswered,
	TellHello,
	TellLine
]);

export interface SessionDoor {
	asks: Asks;
	/** Keeps lines of the session that has this token; null when none has. */
	teller(token: string, sessionId: string): ((line: string) => boolean) | null;
}

/**
 * Serves the processes inside sessions, one JSON object per line: `village ask` (one question per connection) and the
 * drivers of agents, which tell what their agent does (one connection for as long as they run).
 */
export function createAskServer(door: SessionDoor): Server {
	const server = createServer((socket) => serve(socket, door));
	server.maxConnections = MAX_CONNECTIONS;
	return server;
}

function serve(socket: Socket, door: SessionDoor): void {
	let open: OpenAsk | null = null;
	let tell: ((line: string) => boolean) | null = null;
	let kept = 0;
	let held = '';
	socket.setEncoding('utf8');
	socket.setTimeout(FIRST_LINE_MS, () => refuse('nothing came in time'));

	function reply(line: AskDown | TellDown): void {
		if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
		if (line.t === 'error' || line.t === 'ended') socket.end();
	}

	function refuse(message: string): void {
		reply({ t: 'error', code: 'BAD_REQUEST', message });
		socket.destroySoon();
	}

	function onLine(text: string): void {
		let json: unknown;
		try {
			json = JSON.parse(text);
		} catch {
			return refuse('not JSON');
		}
		const parsed = SessionUp.safeParse(json);
		if (!parsed.success) {
			return refuse(
				parsed.error.issues.map((one) => `${one.path.join('.')}: ${one.message}`).join('; ')
			);
		}
		const message = parsed.data;
		switch (message.t) {
			case 'applied':
				return open?.applied();
			case 'answered':
				return open?.answered(message.effect);
			case 'line':
				if (!tell) return refuse('say hello first');
				if (!tell(message.text))
					return reply({ t: 'error', code: 'FULL', message: 'the session takes no more lines' });
				return reply({ t: 'kept', lines: ++kept });
			case 'ask':
				if (open || tell) return refuse('one question per connection');
				socket.setTimeout(0);
				open = door.asks.open(message, reply);
				return;
			case 'tell':
				if (open || tell) return refuse('one purpose per connection');
				socket.setTimeout(0);
				tell = door.teller(message.token, message.sessionId);
				return reply(
					tell
						? { t: 'telling' }
						: {
								t: 'error',
								code: 'NOT_ALLOWED',
								message: 'this is not a running session of this host'
							}
				);
		}
	}

	socket.on('data', (chunk) => {
		held += String(chunk);
		if (held.length > MAX_ASK_LINE) return refuse('line too long');
		for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
			const line = held.slice(0, end);
			held = held.slice(end + 1);
			if (!socket.writable) return;
			onLine(line);
		}
	});
	socket.on('error', () => undefined);
	socket.on('close', () => open?.gone());
	// A question that is given up half-closes too; nothing more can come from it but its end.
	socket.on('end', () => socket.end());
}
