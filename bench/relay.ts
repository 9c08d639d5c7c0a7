// What every terminal benchmark needs of a relay, ours or an obvious one: start a program, attach viewers, see its bytes.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '#server/package-root.ts';
import { openSink, type Sink } from './sink.ts';

export interface Viewer {
	/** Called with terminal bytes as they come, headers and JSON taken off. */
	onBytes: (bytes: Uint8Array) => void;
	/** Called once when the program has ended and everything was delivered. */
	onEnd: () => void;
	type(bytes: Uint8Array): void;
	/** Stops reading from the socket, as a browser tab that hangs does. */
	stall(): void;
	close(): void;
}

export interface Relay {
	readonly name: string;
	/** Address of its HTTP server, without a slash at the end. */
	readonly url: string;
	/** Processes whose CPU and memory count. */
	pids(): number[];
	/** Starts a shell command in a terminal and returns its id. */
	start(command: string): Promise<string>;
	attach(id: string): Promise<Viewer>;
	/** Ends the program behind an id, if it still runs. */
	end(id: string): Promise<void>;
	close(): Promise<void>;
}

/** A command that waits, answers each `r` and begins with `g`: everybody is attached before its first byte. */
export const ask = (command: string) =>
	`stty raw -echo; while k=$(dd bs=1 count=1 2>/dev/null); do case $k in r) printf R;; g) break;; esac; done; ${command}; sleep 3`;

/** Asks until such a command answers, then lets late answers pass. */
export async function ready(viewer: Viewer, answered: () => boolean): Promise<void> {
	for (let i = 0; !answered(); i++) {
		if (i === 200) throw new Error('the program did not start');
		viewer.type(Buffer.from('r'));
		await sleep(50);
	}
	await sleep(250);
}

const RELAY = () => join(packageRoot(), 'bench', 'peers', 'relay.js');

async function firstLine<T>(child: ChildProcess): Promise<T> {
	const lines = createInterface({ input: child.stdout! });
	const [line] = (await once(lines, 'line')) as [string];
	return JSON.parse(line) as T;
}

function run(...args: string[]): ChildProcess {
	return spawn(process.execPath, [RELAY(), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** An obvious relay: `base` in one process, `base2` and `json2` in two. */
export async function openPeer(mode: 'base' | 'base2' | 'json2'): Promise<Relay> {
	const server = run(mode);
	const { port } = await firstLine<{ port: number }>(server);
	const children = [server];
	if (mode !== 'base') {
		const runner = run('runner2', mode, String(port));
		await firstLine(runner);
		children.push(runner);
	}
	const json = mode === 'json2';
	let next = 0;
	return {
		name: mode,
		url: `http://127.0.0.1:${port}`,
		pids: () => children.map((child) => child.pid!),
		async start(command) {
			const id = `s${++next}`;
			await fetch(`http://127.0.0.1:${port}/start`, {
				method: 'POST',
				body: JSON.stringify({ id, command })
			});
			return id;
		},
		async attach(id) {
			let sink: Sink | null = null;
			const viewer: Viewer = {
				onBytes: () => {},
				onEnd: () => {},
				type: (bytes) =>
					sink!.send(json ? JSON.stringify({ data: Buffer.from(bytes).toString() }) : bytes),
				stall: () => sink!.stall(),
				close: () => sink!.close()
			};
			sink = await openSink(
				`ws://127.0.0.1:${port}/?id=${id}`,
				{},
				{
					binary: (piece) => viewer.onBytes(piece),
					text: (text) => viewer.onBytes(Buffer.from((JSON.parse(text) as { data: string }).data)),
					closed: () => viewer.onEnd()
				}
			);
			return viewer;
		},
		end: () => Promise.resolve(),
		async close() {
			for (const child of children) child.kill('SIGKILL');
			for (const child of children)
				if (child.exitCode === null && !child.signalCode) await once(child, 'exit');
		}
	};
}
