// Puts an answer on the connection: whole, or as server-sent events at the pace of the scenario.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamEvent } from './question.ts';

export interface Pace {
	/** Milliseconds between events. */
	pieceMs: number;
	/** Events after which the connection breaks off; null for never. */
	cutAfter: number | null;
}

/** One JSON body. With a cut, its first half and the end of the connection. */
export function sendJson(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: Record<string, string> = {},
	cut = false
): void {
	const bytes = Buffer.from(JSON.stringify(body));
	response.writeHead(status, {
		'content-type': 'application/json',
		'content-length': bytes.length,
		...headers
	});
	if (!cut) {
		response.end(bytes);
		return;
	}
	response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

/** A stream of events. Resolves when it was sent, cut, or the other side went away. */
export async function sendEvents(
	response: ServerResponse,
	events: Iterable<StreamEvent>,
	{ pieceMs, cutAfter }: Pace,
	signal: AbortSignal
): Promise<void> {
	response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
	let sent = 0;
	for (const { event, data } of events) {
		if (signal.aborted) return;
		if (sent === cutAfter) {
			// What was written first has to reach the other side, or it would see another cut than the scenario's.
			response.write(': cut\n\n', () => response.destroy());
			return;
		}
		if (sent > 0 && pieceMs > 0) await pause(pieceMs, signal);
		const name = event === undefined ? '' : `event: ${event}\n`;
		const room = response.write(`${name}data: ${JSON.stringify(data)}\n\n`);
		sent++;
		if (!room) await once(response, 'drain', { signal }).catch(() => {});
	}
	if (!signal.aborted) response.end();
}

/** Waits; a connection that ends ends the wait. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}
