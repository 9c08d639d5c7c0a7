// Runs another program for the scripts here: its output kept, its whole process group ended with us.
// Plain Node without dependencies, because it runs before anything is installed.
import { spawn } from 'node:child_process';

/** Process groups that are alive; ended when this process is. @type {Set<number>} */
const groups = new Set();

/** How long the pipes of a program that has ended may stay open. */
const LEFT_OPEN_MS = 1_000;

/** Ends every program that is still running, with all of its children. */
export function endAll(signal = /** @type {NodeJS.Signals} */ ('SIGTERM')) {
	for (const pid of groups) {
		try {
			process.kill(-pid, signal);
		} catch {
			groups.delete(pid);
		}
	}
}

/**
 * Runs a program to its end. Never rejects: a program that cannot be started has code 127.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, timeoutMs?: number, uid?: number, gid?: number, show?: boolean }} [options]
 * `show` passes the output through as it comes; without it, it is only kept.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, options = {}) {
	return new Promise((resolve) => {
		const child = spawn(command, args, {
			cwd: options.cwd,
			env: { ...process.env, ...options.env },
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
			...(options.uid === undefined ? {} : { uid: options.uid }),
			...(options.gid === undefined ? {} : { gid: options.gid })
		});
		if (child.pid) groups.add(child.pid);
		/** @type {Buffer[]} */
		const chunks = [];
		const take = (/** @type {Buffer} */ chunk) => {
			chunks.push(chunk);
			if (options.show) process.stdout.write(chunk);
		};
		child.stdout.on('data', take);
		child.stderr.on('data', take);
		let late = false;
		const timer = setTimeout(
			() => {
				late = true;
				if (child.pid) process.kill(-child.pid, 'SIGKILL');
			},
			options.timeoutMs ?? 30 * 60_000
		);
		let done = false;
		const finish = (/** @type {number} */ code, /** @type {string} */ note) => {
			if (done) return;
			done = true;
			clearTimeout(timer);
			if (child.pid) groups.delete(child.pid);
			child.stdout.destroy();
			child.stderr.destroy();
			resolve({ code, output: Buffer.concat(chunks).toString('utf8') + note });
		};
		child.on('error', (error) => finish(127, `${command}: ${error.message}\n`));
		const ended = (/** @type {number | null} */ code, /** @type {string | null} */ signal) =>
			finish(
				late ? 124 : (code ?? 1),
				late ? `\n${command} was ended: it took too long\n` : signal ? `\n${signal}\n` : ''
			);
		child.on('close', ended);
		// A daemon that inherited our pipes must not hold us.
		child.on('exit', (code, signal) => setTimeout(() => ended(code, signal), LEFT_OPEN_MS));
	});
}

/** `1.4 s` or `2 min 3 s`. @param {number} ms */
export function duration(ms) {
	const seconds = ms / 1000;
	if (seconds < 60) return `${seconds.toFixed(1)} s`;
	return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * One line for a step that takes time: what, then how long it took. In a pipe it also says every 15 s that it lives.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
	const begun = performance.now();
	process.stdout.write(`  ${what} …`);
	const alive = setInterval(() => process.stdout.write('.'), 15_000);
	try {
		const result = await work();
		process.stdout.write(` ${duration(performance.now() - begun)}\n`);
		return result;
	} catch (error) {
		process.stdout.write(' failed\n');
		throw error;
	} finally {
		clearInterval(alive);
	}
}
