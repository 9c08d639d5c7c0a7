// A server whose `/api` answers over real HTTP, as the hooks of the app would let it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { headerReader } from '#server/auth/headers.ts';
import type { TestApp } from '#server/testing/app.ts';
import { answerRest } from '../handler.ts';

export interface Answered {
	status: number;
	headers: Headers;
	// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what came over the wire is what the test looks at
	body: any;
}

export interface Rest {
	url: string;
	/** `body` given as text is sent as it is, anything else as JSON. */
	ask(
		method: string,
		path: string,
		options?: { bearer?: string; body?: unknown; headers?: Record<string, string> }
	): Promise<Answered>;
}

export async function restServer({ app }: TestApp): Promise<Rest> {
	let n = 0;
	const server = createServer((incoming, outgoing) => {
		void (async () => {
			const { method = 'GET', headers, url } = incoming;
			const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'];
			const request = new Request(`http://localhost${url}`, {
				method,
				headers: headers as Record<string, string>,
				...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {})
			} as RequestInit);
			const actor = await app.auth.actorFromRequest({
				header: headerReader(request.headers),
				cookieAllowed: true,
				transport: 'rest',
				ip: incoming.socket.remoteAddress ?? null
			});
			const answer = await answerRest({ app, actor, requestId: `request-${++n}`, request });
			outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
			outgoing.end(Buffer.from(await answer.arrayBuffer()));
		})();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		url,
		async ask(method, path, { bearer, body, headers = {} } = {}) {
			const answer = await fetch(url + path, {
				method,
				headers: {
					...(bearer ? { authorization: bearer } : {}),
					...(body !== undefined && body !== null ? { 'content-type': 'application/json' } : {}),
					...headers
				},
				...(body !== undefined && body !== null
					? { body: typeof body === 'string' ? body : JSON.stringify(body) }
					: {})
			});
			const text = await answer.text();
			return {
				status: answer.status,
				headers: answer.headers,
				body: text === '' ? null : JSON.parse(text)
			};
		}
	};
}
