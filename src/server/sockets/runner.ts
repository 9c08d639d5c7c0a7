// The door for runners: bearer credential, own subprotocol, no browser ever (control-plane.md 8.1).
import type { WebSocket } from 'ws';
import { MAX_FRAME_BYTES } from '#protocol/envelope.ts';
import { RUNNER_SUBPROTOCOL } from '#protocol/version.ts';
import { openRunnerConnection } from '#server/runners/connection.ts';
import type { ConnectionDeps, Wire } from '#server/runners/wire.ts';
import type { Door } from './upgrade.ts';

export function createRunnerDoor(deps: ConnectionDeps): Door {
	const open = new Set<WebSocket>();
	return {
		path: '/ws/runner',
		audience: 'machine',
		maxPayload: MAX_FRAME_BYTES,
		protocols: [RUNNER_SUBPROTOCOL],
		async admit(request) {
			const runner = await deps.runners.authenticate(request.headers.authorization);
			if (runner === null)
				return {
					refuse: { status: 401, code: 'UNAUTHENTICATED', message: 'The credential is not valid.' }
				};
			if (runner === 'gone')
				return { refuse: { status: 403, code: 'FORBIDDEN', message: 'This runner was removed.' } };
			const offered = (request.headers['sec-websocket-protocol'] ?? '')
				.split(',')
				.map((p) => p.trim());
			if (!offered.includes(RUNNER_SUBPROTOCOL))
				return {
					refuse: { status: 426, code: 'VALIDATION_ERROR', message: `Speak ${RUNNER_SUBPROTOCOL}.` }
				};
			return {
				accept(socket) {
					open.add(socket);
					const connection = openRunnerConnection(deps, runner, wireOf(socket));
					socket.on('message', (data, isBinary) => {
						const bytes = data as Buffer;
						if (isBinary) connection.binary(bytes);
						else connection.text(bytes.toString('utf8'));
					});
					socket.once('close', () => {
						open.delete(socket);
						connection.gone();
					});
				}
			};
		},
		close(code, reason) {
			for (const socket of open) socket.close(code, reason);
		}
	};
}

function wireOf(socket: WebSocket): Wire {
	return {
		send: (data) => {
			if (socket.readyState === socket.OPEN) socket.send(data);
		},
		close: (code, reason) => {
			socket.close(code, reason);
			// A peer that does not answer the close is cut, so that it cannot hold its slot.
			setTimeout(() => socket.terminate(), 2_000).unref();
		},
		pause: () => socket.pause(),
		resume: () => socket.resume(),
		get backlog() {
			return socket.bufferedAmount;
		}
	};
}
