// One timer for all sockets of a door: pings them, and ends those from which nothing came.
import type { WebSocket } from 'ws';
import { CLOSE } from '#protocol/close-codes.ts';

export interface Heartbeat {
	/** Watches a socket until it closes. */
	watch(socket: WebSocket): void;
	close(): void;
}

/**
 * @param everyMs how often each socket is pinged
 * @param deadMs silence after which a socket is closed with 1001 and, two seconds later, cut
 */
export function createHeartbeat(everyMs: number, deadMs: number): Heartbeat {
	const seen = new Map<WebSocket, { at: number; pingedAt: number }>();
	const timer = setInterval(
		() => {
			const now = performance.now();
			for (const [socket, state] of seen) {
				if (now - state.at > deadMs + 2_000) socket.terminate();
				else if (now - state.at > deadMs) socket.close(CLOSE.goingAway, 'ping timeout');
				else if (now - state.pingedAt >= everyMs && socket.readyState === socket.OPEN) {
					state.pingedAt = now;
					socket.ping();
				}
			}
		},
		Math.max(50, Math.min(everyMs, deadMs) / 6)
	);
	timer.unref();
	return {
		watch(socket) {
			const now = performance.now();
			const state = { at: now, pingedAt: now };
			seen.set(socket, state);
			const alive = () => void (state.at = performance.now());
			socket.on('pong', alive);
			socket.on('message', alive);
			socket.once('close', () => seen.delete(socket));
		},
		close: () => clearInterval(timer)
	};
}
