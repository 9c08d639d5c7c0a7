import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls back for every complete line of a socket. A line of more than `max` bytes ends the reading:
 * `onTooLong` is called once and nothing more is kept.
 */
export function readLines(
	socket: Socket,
	max: number,
	onLine: (line: string) => void,
	onTooLong: () => void
): void {
	const decoder = new StringDecoder('utf8');
	let rest = '';
	let ended = false;
	socket.on('data', (chunk: Buffer) => {
		if (ended) return;
		rest += decoder.write(chunk);
		for (let at = rest.indexOf('\n'); at >= 0 && !ended; at = rest.indexOf('\n')) {
			const line = rest.slice(0, at);
			rest = rest.slice(at + 1);
			if (Buffer.byteLength(line) > max) return stop();
			if (line.trim() !== '') onLine(line);
		}
		if (rest.length > max) stop();
	});
	function stop() {
		ended = true;
		rest = '';
		onTooLong();
	}
}
