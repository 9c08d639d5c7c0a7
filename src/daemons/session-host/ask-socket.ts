import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { AskUp, MAX_ASK_LINE } from '#protocol/host/ask-line.ts';
import type { AskDown } from '#protocol/host/ask-line.ts';
import type { Asks, OpenAsk } from './asks.ts';

/** Processes that ask at once, over all sessions. */
const MAX_CONNECTIONS = 512;
/** How long a connection may say nothing before its question. */
const FIRST_LINE_MS = 5000;

/** Serves `village ask`: one question per connection, one JSON object per line. */
export function createAskServer(asks: Asks): Server {
	const server = createServer((socket) => serve(socket, asks));
	server.maxConnections = MAX_CONNECTIONS;
	return server;
}

function serve(socket: Socket, asks: Asks): void {
	let open: OpenAsk | null = null;
	let held = '';
	socket.setEncoding('utf8');
	socket.setTimeout(FIRST_LINE_MS, () => refuse('no question came in time'));

	function reply(line: AskDown): void {
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
		const parsed = AskUp.safeParse(json);
		if (!parsed.success) {
			return refuse(
				parsed.error.issues.map((one) => `${one.path.join('.')}: ${one.message}`).join('; ')
			);
		}
		if (parsed.data.t === 'applied') return open?.applied();
		if (open) return refuse('one question per connection');
		socket.setTimeout(0);
		open = asks.open(parsed.data, reply);
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
