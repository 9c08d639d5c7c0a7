// A session's terminal on this one: the browser door's protocol, with a real terminal in the place of an emulator.
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { afterClose, CLOSE, closeReason } from '#protocol/close-codes.ts';
import {
	decodeTerminalFrame,
	encodeTerminalFrame,
	MAX_INPUT_BYTES,
	TERMINAL_KIND
} from '#protocol/terminal/binary.ts';
import { TerminalDown } from '#protocol/terminal/down.ts';
import { readSnapshot } from '#protocol/terminal/snapshot.ts';
import { CommandError, EXIT } from './usage.ts';

/** Ctrl-]: ends the attachment, as in telnet. */
const DETACH_KEY = 0x1d;
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 10_000];
/** Everything a program may have switched on in our terminal, switched off: screen, cursor, mouse, paste, colours. */
const RESTORE =
	'\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m';
const BELL = '\x07';

export interface AttachmentOptions {
	/** `ws://` or `wss://…/ws/terminal` */
	url: string;
	token: string;
	sessionId: string;
	readOnly: boolean;
	input: NodeJS.ReadStream;
	output: NodeJS.WriteStream;
}

type Ended =
	| { why: 'detached' }
	| { why: 'exit'; code: number }
	| { why: 'closed'; code: number }
	| { why: 'refused'; message: string };

/**
 * Shows the session until it ends or Ctrl-] is pressed; comes back by itself when the server restarts.
 * Resolves with the exit code. Throws `CommandError` when the server refuses.
 */
export async function attachTerminal(options: AttachmentOptions): Promise<number> {
	const { input, output } = options;
	const raw = input.isTTY === true && !options.readOnly;
	const state: Seen = { offset: null };
	if (raw) input.setRawMode(true);
	try {
		for (let attempt = 0; ;) {
			const before = state.offset;
			const ended = await connection(options, state);
			if (ended.why === 'detached') return EXIT.ok;
			if (ended.why === 'exit') return ended.code;
			if (ended.why === 'refused') throw new CommandError(EXIT.failed, ended.message);
			if (afterClose(ended.code) === 'stop')
				throw new CommandError(EXIT.failed, closeReason(ended.code));
			attempt = state.offset === before ? attempt + 1 : 0;
			const wait = RETRY_MS[attempt];
			if (wait === undefined)
				throw new CommandError(EXIT.failed, 'the village does not answer any more');
			await sleep(wait);
		}
	} finally {
		if (raw) input.setRawMode(false);
		input.pause();
		if (output.isTTY) output.write(`${RESTORE}\r\n`);
	}
}

/** One past the last byte shown, kept over reconnects; null before the first. */
interface Seen {
	offset: number | null;
}

function connection(options: AttachmentOptions, seen: Seen): Promise<Ended> {
	const { input, output } = options;
	return new Promise((resolve) => {
		// The token travels in a header: addresses end up in logs.
		const socket = new WebSocket(options.url, {
			headers: { authorization: `Bearer ${options.token}` },
			perMessageDeflate: false
		});
		let stream: number | null = null;
		let typed = 0;
		let exit: { offset: number; code: number } | null = null;
		let refusal: string | null = null;

		const size = () => ({
			cols: Math.min(500, Math.max(10, output.columns ?? 80)),
			rows: Math.min(300, Math.max(2, output.rows ?? 24))
		});
		const send = (message: object) => socket.send(JSON.stringify(message));
		const onResize = () => {
			if (stream !== null) send({ t: 'viewport', stream, ...size(), visible: true });
		};
		const onInput = (bytes: Buffer) => {
			const detach = input.isTTY ? bytes.indexOf(DETACH_KEY) : -1;
			type(detach < 0 ? bytes : bytes.subarray(0, detach));
			if (detach >= 0) end({ why: 'detached' });
		};
		function type(bytes: Buffer): void {
			for (let at = 0; stream !== null && at < bytes.length; at += MAX_INPUT_BYTES) {
				const part = bytes.subarray(at, at + MAX_INPUT_BYTES);
				typed += part.length;
				socket.send(encodeTerminalFrame(TERMINAL_KIND.input, stream, typed, part));
			}
		}
		function end(ended: Ended): void {
			output.off('resize', onResize);
			input.off('data', onInput);
			socket.removeAllListeners();
			socket.on('error', () => {});
			socket.close(CLOSE.done);
			setTimeout(() => socket.terminate(), 500).unref();
			resolve(ended);
		}
		/** Shows bytes, and acknowledges them when the terminal has taken them. */
		function show(bytes: Uint8Array | string, offset: number): void {
			seen.offset = offset;
			const about = stream;
			output.write(bytes, () => {
				if (about !== null && socket.readyState === WebSocket.OPEN)
					socket.send(encodeTerminalFrame(TERMINAL_KIND.ack, about, offset));
			});
			finishWhenComplete();
		}
		function finishWhenComplete(): void {
			if (exit && (seen.offset ?? 0) >= exit.offset) end({ why: 'exit', code: exit.code });
		}

		function onMessage(message: TerminalDown): void {
			switch (message.t) {
				case 'attached':
					stream = message.stream;
					if (message.canWrite && !options.readOnly) {
						send({ t: 'keyboard', stream, action: 'request' });
						input.on('data', onInput);
						input.resume();
					}
					output.on('resize', onResize);
					break;
				case 'gap':
					seen.offset = message.to;
					finishWhenComplete();
					break;
				case 'exit':
					exit = { offset: message.offset, code: message.code ?? EXIT.failed };
					finishWhenComplete();
					break;
				case 'detached':
					end({ why: 'refused', message: message.message });
					break;
				case 'error':
					// Somebody else types: our key reached nobody, and the screen is theirs.
					if (message.ref === undefined) output.write(BELL);
					else end({ why: 'refused', message: message.message });
					break;
				default:
					break;
			}
		}

		socket.on('open', () => {
			const from = seen.offset === null ? {} : { from: seen.offset };
			const { sessionId } = options;
			send({ t: 'attach', ref: 1, sessionId, ...from, ...size(), visible: true });
		});
		socket.on('message', (data: Buffer, binary: boolean) => {
			if (!binary) {
				const message = TerminalDown.safeParse(parse(data));
				if (message.success) onMessage(message.data);
				return;
			}
			const frame = decodeTerminalFrame(data);
			if (!frame || frame.stream !== stream) return;
			if (frame.kind === TERMINAL_KIND.output)
				show(frame.payload, frame.offset + frame.payload.length);
			else if (frame.kind === TERMINAL_KIND.snapshot) {
				const snapshot = readSnapshot(frame.payload);
				// RIS: the snapshot paints on a terminal that was just reset.
				if (snapshot) show(Buffer.concat([Buffer.from('\x1bc'), snapshot.text]), frame.offset);
			}
		});
		socket.on('unexpected-response', (request, response) => {
			request.destroy();
			const status = response.statusCode ?? 0;
			// A server that starts or is busy; everything else stays as it is.
			if (status === 503 || status === 429) return end({ why: 'closed', code: 1012 });
			const words = status === 401 ? 'the token is not accepted' : `it answered ${status}`;
			end({ why: 'refused', message: `the village refused: ${words}` });
		});
		socket.on('error', (error) => (refusal = error.message));
		socket.on('close', (code) => {
			if (seen.offset === null && refusal)
				return end({ why: 'refused', message: `${options.url} does not answer: ${refusal}` });
			end({ why: 'closed', code });
		});
	});
}

function parse(data: Buffer): unknown {
	try {
		return JSON.parse(data.toString());
	} catch {
		return null;
	}
}
