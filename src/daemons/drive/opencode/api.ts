// What is asked of opencode's server: plain HTTP on the loopback address with the password of this session.
/** A busy machine may take long to make a conversation; a question does not hang on it. */
const CALL_MS = 60_000;

/** The server answered, but not with a yes. */
export class Refused extends Error {
	readonly status: number;
	constructor(path: string, status: number) {
		super(`opencode answered ${path} with ${status}`);
		this.status = status;
	}
}

export interface Api {
	/** The decoded answer, null when it is empty. Rejects with `Refused`, or when the server is gone, slow or not JSON. */
	get(path: string): Promise<unknown>;
	post(path: string, body: object): Promise<unknown>;
	/** The stream of a path. Rejects like `get`. */
	stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** The header that opens the server; its user is always this one. */
export function authorization(password: string): string {
	return `Basic ${Buffer.from(`opencode:${password}`).toString('base64')}`;
}

/** Makes the client of one server. */
export function openApi(url: string, password: string): Api {
	const headers = { authorization: authorization(password), 'content-type': 'application/json' };
	async function call(path: string, init: RequestInit): Promise<Response> {
		const answer = await fetch(url + path, { ...init, headers, redirect: 'error' });
		if (answer.ok) return answer;
		await answer.body?.cancel();
		throw new Refused(path, answer.status);
	}
	async function json(path: string, init: RequestInit): Promise<unknown> {
		const answer = await call(path, { ...init, signal: AbortSignal.timeout(CALL_MS) });
		const text = await answer.text();
		return text === '' ? null : (JSON.parse(text) as unknown);
	}
	return {
		get: (path) => json(path, {}),
		post: (path, body) => json(path, { method: 'POST', body: JSON.stringify(body) }),
		async stream(path, signal) {
			const { body } = await call(path, { signal });
			if (!body) throw new Error(`opencode answered ${path} without a stream`);
			return body;
		}
	};
}
