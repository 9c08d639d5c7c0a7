import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { STREAM_KIND } from '#protocol/host/limits.ts';
import { findProgram, SpawnError } from './child.ts';
import type { Child, ChildEvents, ChildSpec } from './child.ts';

/** Bytes handed to the pipe of standard input and not yet taken by the process. */
const STDIN_BUFFER = 65_536;
/** A process outside the tree may have inherited a pipe: we do not wait for it for ever. */
const END_WAIT_MS = 1000;

/** Starts a process on pipes, in a Unix session of its own: stdout is kind 0x03, stderr 0x02. */
export function openPipes(spec: ChildSpec, events: ChildEvents): Child {
	const program = findProgram(spec);
	const child = spawn(program, spec.argv.slice(1), {
		cwd: spec.cwd,
		env: spec.env,
		detached: true,
		argv0: spec.argv[0]
	});
	child.on('error', () => undefined);
	const { pid, stdin, stdout, stderr } = child;
	if (pid === undefined) throw new SpawnError('spawn_failed', `could not start ${program}`);
	let stdinGone = false;
	let paused = false;
	const ended = Promise.all(
		[stdout, stderr].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
	);
	stdin.on('error', () => (stdinGone = true));
	stdout.on('data', (bytes: Buffer) => events.onData(STREAM_KIND.raw, bytes));
	stderr.on('data', (bytes: Buffer) => events.onData(STREAM_KIND.stderr, bytes));
	child.once('exit', (code, signal) => events.onExit(code, signal));

	return {
		pid,
		write(bytes) {
			if (stdinGone || !stdin.writable) throw new Error('standard input is closed');
			if (stdin.writableLength >= STDIN_BUFFER) return 0;
			stdin.write(Buffer.from(bytes));
			return bytes.length;
		},
		endInput: () => void stdin.end(),
		resize() {},
		interrupt() {
			// Through the ChildProcess: it forgets the pid at exit, so this can never hit another one.
			child.kill('SIGINT');
		},
		pauseReading() {
			paused = true;
			stdout.pause();
			stderr.pause();
		},
		resumeReading() {
			paused = false;
			stdout.resume();
			stderr.resume();
		},
		async finish() {
			stdin.destroy();
			let done = false;
			void ended.then(() => (done = true));
			do await Promise.race([ended, sleep(END_WAIT_MS)]);
			while (!done && paused);
			stdout.destroy();
			stderr.destroy();
		}
	};
}
