// How `village runner status|drain|leave` talks to a running runner: one JSON line each way over a Unix socket, mode 0600.
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { z } from 'zod';

/** What may be asked of a running runner. */
export const ControlRequest = z.object({ do: z.enum(['status', 'drain', 'leave']) });
export type ControlRequest = z.infer<typeof ControlRequest>;

/** What a running runner tells of itself. */
export const RunnerStatus = z.object({
	runnerId: z.string(),
	pid: z.number().int(),
	version: z.string(),
	serverUrl: z.string(),
	connected: z.boolean(),
	mode: z.enum(['active', 'draining', 'maintenance']),
	startedAt: z.string(),
	capacity: z.number().int(),
	sessions: z.array(z.string()),
	backlog: z.number().int(),
	providers: z.array(z.object({ id: z.string(), version: z.string().optional(), auth: z.string() }))
});
export type RunnerStatus = z.infer<typeof RunnerStatus>;

/** Longest request in bytes. */
const MAX_LINE = 4096;

/** Answers requests until closed. Rejects when the socket cannot be made. */
export async function serveControl(
	path: string,
	answer: (request: ControlRequest) => unknown
): Promise<{ close(): void }> {
	rmSync(path, { force: true });
	const server = createServer((socket) => {
		let text = '';
		socket.setEncoding('utf8');
		socket.setTimeout(5000, () => socket.destroy());
		socket.on('error', () => socket.destroy());
		socket.on('data', (chunk: string) => {
			text += chunk;
			if (text.length > MAX_LINE) return socket.destroy();
			const end = text.indexOf('\n');
			if (end < 0) return;
			socket.end(`${JSON.stringify(reply(text.slice(0, end)))}\n`);
			text = '';
		});
	});

	function reply(line: string): unknown {
		try {
			return { ok: true, data: answer(ControlRequest.parse(JSON.parse(line))) };
		} catch {
			return { ok: false, error: 'BAD_REQUEST' };
		}
	}

	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(path, resolve);
	});
	chmodSync(path, 0o600);
	return {
		close() {
			server.close();
			rmSync(path, { force: true });
		}
	};
}

/** Asks the runner behind a socket; null when none answers. */
export function askRunner(path: string, request: ControlRequest): Promise<unknown> {
	return new Promise((resolve) => {
		const socket = connect(path);
		let text = '';
		socket.setEncoding('utf8');
		socket.setTimeout(3000, () => socket.destroy());
		socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
		socket.on('data', (chunk: string) => (text += chunk));
		socket.on('error', () => resolve(null));
		socket.on('close', () => {
			try {
				const parsed = JSON.parse(text) as { ok: boolean; data?: unknown };
				resolve(parsed.ok ? (parsed.data ?? {}) : null);
			} catch {
				resolve(null);
			}
		});
	});
}
