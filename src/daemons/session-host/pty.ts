import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { STREAM_KIND } from '#protocol/host/limits.ts';
import type { PtyBinding } from './binding.ts';
import { findProgram, signalName, SpawnError } from './child.ts';
import type { Child, ChildEvents, ChildSpec } from './child.ts';

const READ_BYTES = 65_536;
/** Bytes drained in one turn at the end, so that one session's end does not hold the loop. */
const DRAIN_TURN = 262_144;
const CTRL_C = Uint8Array.of(3);

/**
 * Starts a process on a new PTY. Nothing is lost at exit: the slave side is held open, so the kernel
 * keeps what was written, and the master is read until it would block before it is closed.
 */
export function openPty(
	native: { pty: PtyBinding; helperPath: string },
	spec: ChildSpec,
	events: ChildEvents
): Child {
	const program = findProgram(spec);
	const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
	let forked: { fd: number; pid: number; pty: string };
	try {
		forked = native.pty.fork(
			program,
			spec.argv.slice(1),
			env,
			spec.cwd,
			spec.cols,
			spec.rows,
			-1,
			-1,
			true,
			native.helperPath,
			(code, signal) => {
				const name = signalName(signal);
				events.onExit(name === null ? code : null, name);
			}
		);
	} catch (error) {
		throw new SpawnError('spawn_failed', String(error));
	}
	const { fd, pid } = forked;
	const slave = holdSlave(forked);
	const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
	let paused = false;
	let closed = false;
	let finished: (() => void) | undefined;

	// `onread` reads into our one buffer and hands it out in the same turn: nothing is held by a stream
	// when reading stops, so the drain at the end continues exactly where it left off.
	const options = {
		onread: {
			buffer,
			callback(length: number): boolean {
				events.onData(STREAM_KIND.terminal, buffer.subarray(0, length));
				return !paused;
			}
		}
	};
	const reader = new ReadStream(
		fd,
		options as unknown as ConstructorParameters<typeof ReadStream>[1]
	);
	reader.on('error', () => undefined);
	reader.resume();

	function drain(): void {
		let drained = 0;
		while (!paused && drained < DRAIN_TURN) {
			const length = readNow(fd, buffer);
			if (length === 0) return close();
			drained += length;
			events.onData(STREAM_KIND.terminal, buffer.subarray(0, length));
		}
		if (!paused) setImmediate(drain);
	}

	function close(): void {
		if (closed) return;
		closed = true;
		closeSync(slave);
		reader.destroy();
		finished?.();
	}

	return {
		pid,
		write(bytes) {
			if (closed) throw new Error('the terminal is closed');
			try {
				return writeSync(fd, bytes);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
				throw error;
			}
		},
		endInput() {},
		resize(cols, rows) {
			if (!closed) native.pty.resize(fd, cols, rows);
		},
		interrupt() {
			try {
				if (!closed) writeSync(fd, CTRL_C);
			} catch {
				// A full input buffer means that nobody reads: the signals that follow need no reader.
			}
		},
		pauseReading() {
			paused = true;
			if (!finished) reader.pause();
		},
		resumeReading() {
			if (!paused) return;
			paused = false;
			if (finished) setImmediate(drain);
			else reader.resume();
		},
		finish() {
			return new Promise((resolve) => {
				finished = resolve;
				reader.pause();
				drain();
			});
		}
	};
}

/** Opens the slave side; when no descriptor is left, nothing of the process stays behind. */
function holdSlave(forked: { fd: number; pid: number; pty: string }): number {
	try {
		return openSync(forked.pty, constants.O_RDWR | constants.O_NOCTTY);
	} catch (error) {
		process.kill(forked.pid, 'SIGKILL');
		closeSync(forked.fd);
		throw new SpawnError('spawn_failed', String(error));
	}
}

/** Bytes read without waiting; 0 when there are none, or never will be. */
function readNow(fd: number, buffer: Buffer): number {
	try {
		return readSync(fd, buffer);
	} catch {
		// EAGAIN: empty. EIO: the other side is gone, and with it everything was read.
		return 0;
	}
}
