// What every terminal benchmark needs of a relay, ours or an obvious one: start a program, attach viewers, see its bytes.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { packageRoot } from '#server/package-root.ts';

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
	/** Processes whose CPU and memory count. */
	pids(): number[];
	/** Starts a shell command in a terminal and returns its id. */
	start(command: string): Promise<string>;
	attach(id: string): Promise<Viewer>;
	/** Ends the program behind an id, if it still runs. */
	end(id: string): Promise<void>;
	close(): Promise<void>;
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
			const ws = new WebSocket(`ws://127.0.0.1:${port}/?id=${id}`, { perMessageDeflate: false });
			const viewer: Viewer = {
				onBytes: () => {},
				onEnd: () => {},
				type: (bytes) =>
					ws.send(json ? JSON.stringify({ data: Buffer.from(bytes).toString() }) : bytes),
				stall: () => ws.pause(),
				close: () => ws.terminate()
			};
			ws.on('message', (data: Buffer) =>
				viewer.onBytes(
					json ? Buffer.from((JSON.parse(String(data)) as { data: string }).data) : data
				)
			);
			ws.on('close', () => viewer.onEnd());
			ws.on('error', () => viewer.onEnd());
			await once(ws, 'open');
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
