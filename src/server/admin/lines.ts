import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { MAX_LINE } from './wire.ts';

/**
 * Calls back for every complete line of a socket. A line longer than `MAX_LINE` ends the reading:
 * `onTooLong` is called once and nothing more is kept.
 */
export function readLines(
	socket: Socket,
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
			if (Buffer.byteLength(line) > MAX_LINE) return stop();
			if (line.trim() !== '') onLine(line);
		}
		if (rest.length > MAX_LINE) stop();
	});
	function stop() {
		ended = true;
		rest = '';
		onTooLong();
	}
}
