// JSON-RPC as Codex's app-server speaks it: WebSocket on a Unix socket, without the `jsonrpc` member.
import WebSocket from 'ws';
import { z } from 'zod';

const MAX_FRAME = 64 * 1024 * 1024;
const CALL_MS = 15_000;

const Frame = z.object({
	id: z.union([z.string(), z.number()]).optional(),
	method: z.string().optional(),
	params: z.record(z.string(), z.unknown()).nullish(),
	result: z.unknown().optional(),
	error: z.object({ message: z.string().default('') }).nullish()
});

export type RequestId = string | number;

export interface RpcEvents {
	/** Something the server tells. */
	onNotification(method: string, params: Record<string, unknown>): void;
	/** Something the server asks; answered with `answer`, or never. */
	onRequest(id: RequestId, method: string, params: Record<string, unknown>): void;
	onClose(): void;
}

export interface Rpc {
	/** Rejects when the server answers with an error, not in time, or is gone. */
	call(method: string, params: object): Promise<Record<string, unknown>>;
	notify(method: string): void;
	answer(id: RequestId, result: object): void;
	close(): void;
}

/** Connects to a socket path. Rejects when nobody listens there. */
export async function connectRpc(socketPath: string, events: RpcEvents): Promise<Rpc> {
	const socket = new WebSocket(`ws+unix://${socketPath}:/`, {
		perMessageDeflate: false,
		maxPayload: MAX_FRAME
	});
	let last = 0;
	const waiting = new Map<RequestId, (frame: z.infer<typeof Frame> | null) => void>();

	socket.on('message', (data) => {
		let frame: z.infer<typeof Frame>;
		try {
			frame = Frame.parse(JSON.parse(String(data)));
		} catch {
			// A message of a newer version that nobody here understands is none for us.
			return;
		}
		const { id, method } = frame;
		if (method === undefined) {
			if (id === undefined) return;
			waiting.get(id)?.(frame);
			waiting.delete(id);
		} else if (id === undefined) events.onNotification(method, frame.params ?? {});
		else events.onRequest(id, method, frame.params ?? {});
	});
	await new Promise<void>((resolve, reject) => {
		socket.once('open', resolve);
		socket.once('error', reject);
	});
	socket.on('error', () => undefined);
	socket.on('close', () => {
		for (const settle of waiting.values()) settle(null);
		waiting.clear();
		events.onClose();
	});

	const send = (frame: object): void => socket.send(JSON.stringify(frame));
	return {
		call(method, params) {
			const id = ++last;
			return new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					waiting.delete(id);
					reject(new Error(`${method} was not answered`));
				}, CALL_MS);
				waiting.set(id, (frame) => {
					clearTimeout(timer);
					if (!frame) return reject(new Error('the app-server is gone'));
					if (frame.error) return reject(new Error(`${method}: ${frame.error.message}`));
					resolve((frame.result ?? {}) as Record<string, unknown>);
				});
				send({ id, method, params });
			});
		},
		notify: (method) => send({ method }),
		answer: (id, result) => send({ id, result }),
		close: () => socket.close()
	};
}
