// The driver's loopback address: hooks and telemetry of one program, known by a secret of this session.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECRET_HEADER } from './settings.ts';

/** Largest body in bytes: a hook tells the whole answer of a tool. */
const MAX_BODY = 32 * 1024 * 1024;

export interface HookServer {
	url: string;
	secret: string;
	close(): void;
}

export interface HookHandlers {
	/** Answers what the hook is to print; null prints nothing, and the program goes on as without a hook. */
	hook(body: unknown, gone: AbortSignal): Promise<object | null> | object | null;
	logs(body: unknown): void;
}

/** Listens on a free loopback port. */
export async function openHookServer(handlers: HookHandlers): Promise<HookServer> {
	const secret = randomBytes(32).toString('base64url');
	const server = createServer((request, response) => {
		void serve(request, response).catch(() => response.destroy());
	});
	// A question may wait for hours.
	server.requestTimeout = 0;

	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const answer = (status: number, body: object = {}): void => {
			if (response.destroyed) return;
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(body));
		};
		if (!isSecret(request.headers[SECRET_HEADER], secret)) {
			request.resume();
			return answer(401, { error: 'unauthorized' });
		}
		if (request.method !== 'POST') return answer(405, { error: 'only POST' });
		const body = await readJson(request);
		if (body === TOO_BIG) return answer(413, { error: 'too big' });
		if (body === undefined) return answer(400, { error: 'not JSON' });
		const path = request.url?.split('?')[0];
		if (path === '/hook') {
			const gone = new AbortController();
			response.on('close', () => gone.abort());
			return answer(200, (await handlers.hook(body, gone.signal)) ?? {});
		}
		if (path === '/v1/logs') {
			handlers.logs(body);
			return answer(200);
		}
		answer(path === '/v1/metrics' || path === '/v1/traces' ? 200 : 404);
	}

	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		secret,
		close() {
			server.close();
			server.closeAllConnections();
		}
	};
}

function isSecret(given: string | string[] | undefined, secret: string): boolean {
	if (typeof given !== 'string' || given.length !== secret.length) return false;
	return timingSafeEqual(Buffer.from(given), Buffer.from(secret));
}

const TOO_BIG = Symbol('too big');

/** The body as JSON; undefined when it is none. */
async function readJson(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size <= MAX_BODY) chunks.push(chunk);
	}
	if (size > MAX_BODY) return TOO_BIG;
	try {
		return JSON.parse(Buffer.concat(chunks).toString('utf8'));
	} catch {
		return undefined;
	}
}
