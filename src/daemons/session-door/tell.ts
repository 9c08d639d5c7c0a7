// How a driver tells what its agent does: lines the session host keeps on disk until the server has them.
import { connect } from 'node:net';
import { MAX_TOLD_LINE, TellDown } from '#protocol/host/tell-line.ts';
import type { Told } from '#protocol/host/told.ts';
import type { SessionDoorEnv } from './environment.ts';

/** Lines that are not on the socket yet; more than this only a host that hangs lets wait, and the oldest go. */
const MAX_WAITING = 1_000;

export interface Teller {
	/** Tells something; never throws and never blocks. What is too long for a line is left out. */
	tell(told: Told): void;
	/** Resolves when everything told so far is on the host's disk, or after `ms`. */
	flushed(ms: number): Promise<void>;
	close(): void;
}

/** Opens the line. A host that is not there is no fault of the agent: what is told is then lost, the agent works on. */
export function openTeller(door: SessionDoorEnv): Teller {
	const socket = connect(door.socketPath);
	let ready = false;
	let closed = false;
	let waiting: string[] = [];
	let sent = 0;
	let kept = 0;
	let held = '';
	let wake: (() => void)[] = [];

	function end(): void {
		closed = true;
		waiting = [];
		settle();
	}

	function settle(): void {
		if (!closed && (waiting.length > 0 || kept < sent)) return;
		for (const resolve of wake) resolve();
		wake = [];
	}

	function send(text: string): void {
		sent += 1;
		socket.write(`${JSON.stringify({ t: 'line', text })}\n`);
	}

	function onLine(text: string): void {
		const line = TellDown.parse(JSON.parse(text));
		if (line.t === 'telling') {
			ready = true;
			for (const one of waiting) send(one);
			waiting = [];
		} else if (line.t === 'kept') kept = line.lines;
		else socket.destroy();
		settle();
	}

	socket.setEncoding('utf8');
	socket.on('connect', () => {
		const { token, sessionId } = door;
		socket.write(`${JSON.stringify({ t: 'tell', token, sessionId })}\n`);
	});
	socket.on('data', (chunk) => {
		held += String(chunk);
		try {
			for (let at = held.indexOf('\n'); at >= 0; at = held.indexOf('\n')) {
				onLine(held.slice(0, at));
				held = held.slice(at + 1);
			}
		} catch {
			socket.destroy();
		}
	});
	socket.on('error', () => undefined);
	socket.on('close', end);

	return {
		tell(told) {
			const text = JSON.stringify(told);
			if (closed || text.length > MAX_TOLD_LINE) return;
			if (ready) return send(text);
			waiting.push(text);
			if (waiting.length > MAX_WAITING) waiting.shift();
		},
		flushed: (ms) =>
			new Promise((resolve) => {
				const timer = setTimeout(resolve, ms);
				wake.push(() => {
					clearTimeout(timer);
					resolve();
				});
				settle();
			}),
		close: () => void socket.end()
	};
}
