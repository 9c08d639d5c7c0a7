// One handler for every websocket upgrade, whoever owns the HTTP server (dev, preview, production). A door is one file.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';
import type { Logger } from '#server/log.ts';

/** Refused before the upgrade, with a real HTTP status. */
export interface Refusal {
	status: 400 | 401 | 403 | 404 | 413 | 426 | 429 | 503;
	code: string;
	message: string;
}

/** What a door decides about an upgrade request: refuse it, or take the socket. */
export type Admission =
	| { refuse: Refusal }
	/** `connection` is what the websocket writes to, for messages that are laid out already. */
	| { accept: (socket: WebSocket, connection: Duplex) => void };

/** One websocket endpoint. `admit` runs before the upgrade; `accept` is called in the same turn as the handshake. */
export interface Door {
	readonly path: string;
	/** `browser`: Origin must be ours when present. `machine`: any Origin is refused. */
	readonly audience: 'browser' | 'machine';
	/** Largest message in bytes; a larger one closes the socket with 1009. */
	readonly maxPayload: number;
	readonly protocols?: readonly string[];
	admit(request: IncomingMessage, url: URL): Promise<Admission> | Admission;
	/** Ends every socket of this door; called first at shutdown. Resolves when they are told. */
	close(code: number, reason: string): Promise<void> | void;
}

export interface Upgrades {
	handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
	/** Closes every door (1012 unless told otherwise) and refuses new sockets. */
	close(code?: number, reason?: string): Promise<void>;
	/** Open sockets by door path, for metrics. */
	counts(): ReadonlyMap<string, number>;
}

const SECRET_PARAMETERS = ['token', 'access_token', 'auth', 'key'];
/** Sockets of one address that may be between upgrade request and admission at a time. */
const PENDING_PER_ADDRESS = 64;

export function createUpgrades(deps: {
	doors: readonly Door[];
	log: Logger;
	/** Whether an Origin header may open browser doors. */
	originAllowed: (origin: string, request: IncomingMessage) => boolean;
	onRefused?: (path: string, code: string) => void;
}): Upgrades {
	const servers = new Map(
		deps.doors.map((door) => [
			door.path,
			{
				door,
				wss: new WebSocketServer({
					noServer: true,
					perMessageDeflate: false,
					maxPayload: door.maxPayload,
					...(door.protocols
						? {
								handleProtocols: (offered: Set<string>) =>
									door.protocols!.find((name) => offered.has(name)) ?? false
							}
						: {})
				})
			}
		])
	);
	const pending = new Map<string, number>();
	let closing = false;

	async function admit(request: IncomingMessage, url: URL): Promise<Admission & { door?: Door }> {
		if (closing) return { refuse: refusal(503, 'NOT_READY', 'The server is going down.') };
		const entry = servers.get(url.pathname);
		if (!entry) return { refuse: refusal(404, 'NOT_FOUND', 'No websocket here.') };
		for (const name of SECRET_PARAMETERS)
			if (url.searchParams.has(name))
				return {
					refuse: refusal(400, 'TOKEN_IN_URL', `Send "${name}" in the Authorization header.`)
				};
		const origin = request.headers.origin;
		if (origin !== undefined) {
			const allowed = entry.door.audience === 'browser' && deps.originAllowed(origin, request);
			if (!allowed)
				return { refuse: refusal(403, 'ORIGIN_REFUSED', 'This origin may not open sockets here.') };
		}
		return { ...(await entry.door.admit(request, url)), door: entry.door };
	}

	return {
		handle(request, socket, head) {
			const address = request.socket.remoteAddress ?? '';
			const count = (pending.get(address) ?? 0) + 1;
			const leave = () => {
				const rest = (pending.get(address) ?? 1) - 1;
				if (rest > 0) pending.set(address, rest);
				else pending.delete(address);
			};
			pending.set(address, count);
			socket.on('error', () => socket.destroy());
			let url: URL;
			try {
				url = new URL(request.url ?? '/', 'http://localhost');
			} catch {
				leave();
				return refuse(socket, refusal(400, 'VALIDATION_ERROR', 'Malformed address.'));
			}
			const admission =
				count > PENDING_PER_ADDRESS
					? Promise.resolve({ refuse: refusal(429, 'RATE_LIMITED', 'Too many upgrades at once.') })
					: admit(request, url);
			admission
				.then((answer) => {
					if ('refuse' in answer) {
						deps.onRefused?.(url.pathname, answer.refuse.code);
						return refuse(socket, answer.refuse);
					}
					if (socket.destroyed) return;
					const { wss } = servers.get(url.pathname)!;
					wss.handleUpgrade(request, socket, head, (ws) => {
						ws.on('error', () => ws.terminate());
						answer.accept(ws, socket);
					});
				})
				.catch((error: unknown) => {
					deps.log.error({ err: error, path: url.pathname }, 'upgrade failed');
					refuse(socket, { status: 503, code: 'INTERNAL_ERROR', message: 'Try again.' });
				})
				.finally(leave);
		},
		async close(code = CLOSE.restarting, reason = 'restarting') {
			closing = true;
			await Promise.all([...servers.values()].map(async ({ door }) => door.close(code, reason)));
			for (const { wss } of servers.values()) wss.close();
		},
		counts: () => new Map([...servers].map(([path, { wss }]) => [path, wss.clients.size]))
	};
}

function refusal(status: Refusal['status'], code: string, message: string): Refusal {
	return { status, code, message };
}

const STATUS_TEXT: Record<Refusal['status'], string> = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	413: 'Content Too Large',
	426: 'Upgrade Required',
	429: 'Too Many Requests',
	503: 'Service Unavailable'
};

function refuse(socket: Duplex, { status, code, message }: Refusal): void {
	const body = JSON.stringify({ success: false, error: { code, message } });
	const headers = [
		`HTTP/1.1 ${status} ${STATUS_TEXT[status]}`,
		'Connection: close',
		'Content-Type: application/json',
		`Content-Length: ${Buffer.byteLength(body)}`,
		'X-Content-Type-Options: nosniff',
		...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
		...(status === 429 || status === 503 ? ['Retry-After: 1'] : [])
	];
	socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
