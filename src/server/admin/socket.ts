// The admin socket: commands of the program reach the running server here, because it alone holds the database.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { isAppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { readLines } from './lines.ts';
import { POINTER, socketPath } from './paths.ts';
import { MAX_LINE, METHODS, Request, type Handlers, type Method } from './wire.ts';

export interface AdminSocket {
	readonly path: string;
	close(): Promise<void>;
}

/** Connections at a time, and requests of one connection that are being worked on. */
const MAX_CONNECTIONS = 32;
const MAX_UNDER_WAY = 16;
const IDLE_MS = 120_000;

/**
 * Listens on the socket of a data directory; only its owner can connect (directory 0700, socket 0600).
 * The caller holds the database's lock, so a socket that is still there is a dead one and is replaced.
 */
export async function openAdminSocket(deps: {
	dataDir: string;
	handlers: Handlers;
	log: Logger;
}): Promise<AdminSocket> {
	const { handlers, log } = deps;
	const path = socketPath(deps.dataDir);
	const pointer = join(deps.dataDir, POINTER);
	const sockets = new Set<Socket>();
	const server = createServer((socket) => serve(socket));
	server.maxConnections = MAX_CONNECTIONS;

	function serve(socket: Socket): void {
		sockets.add(socket);
		socket.setTimeout(IDLE_MS, () => socket.destroy());
		socket.on('error', () => socket.destroy());
		socket.on('close', () => sockets.delete(socket));
		let underWay = 0;
		const answer = (value: object) => {
			if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
		};
		const refuse = (id: number | null, code: string, message: string) =>
			answer({ id, error: { code, message } });
		readLines(
			socket,
			MAX_LINE,
			(line) => {
				const request = parseRequest(line);
				if ('problem' in request) return refuse(request.id, request.code, request.problem);
				if (underWay >= MAX_UNDER_WAY)
					return refuse(request.id, 'RATE_LIMITED', 'Too many requests at once.');
				underWay++;
				// A long backup is not an idle connection.
				socket.setTimeout(0);
				run(request.method, request.params)
					.then(
						(result) => answer({ id: request.id, result: result ?? null }),
						(error: unknown) => {
							if (isAppError(error)) return refuse(request.id, error.code, error.message);
							log.error({ err: error, method: request.method }, 'admin request failed');
							refuse(request.id, 'INTERNAL_ERROR', 'That failed; the log says why.');
						}
					)
					.finally(() => {
						underWay--;
						if (underWay === 0) socket.setTimeout(IDLE_MS);
					});
			},
			() => {
				refuse(null, 'PAYLOAD_TOO_LARGE', 'A line is at most 64 KiB.');
				socket.end();
			}
		);
	}

	const run = async (method: Method, params: unknown): Promise<unknown> =>
		(handlers[method] as (params: unknown) => Promise<unknown>)(params ?? {});

	rmSync(path, { force: true });
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(path, () => resolve());
	});
	chmodSync(path, 0o600);
	writeFileSync(pointer, `${path}\n`, { mode: 0o600 });
	return {
		path,
		async close() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const socket of sockets) socket.destroySoon();
			await closed;
			rmSync(pointer, { force: true });
		}
	};
}

type Parsed =
	| { id: number; method: Method; params: unknown }
	| { id: number | null; code: string; problem: string };

function parseRequest(line: string): Parsed {
	let json: unknown;
	try {
		json = JSON.parse(line);
	} catch {
		return { id: null, code: 'VALIDATION_ERROR', problem: 'Not JSON.' };
	}
	const request = Request.safeParse(json);
	if (!request.success)
		return { id: null, code: 'VALIDATION_ERROR', problem: z.prettifyError(request.error) };
	const { id, method, params } = request.data;
	if (!Object.hasOwn(METHODS, method))
		return { id, code: 'NOT_FOUND', problem: `No method "${method}".` };
	const checked = METHODS[method as Method].safeParse(params);
	if (!checked.success)
		return { id, code: 'VALIDATION_ERROR', problem: z.prettifyError(checked.error) };
	return { id, method: method as Method, params: checked.data };
}
