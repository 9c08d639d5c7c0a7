// The product itself, started as a user does, with logging, authentication and metrics on: server, runner and session host.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import * as devalue from 'devalue';
import { encodeTerminalFrame, TERMINAL_HEADER, TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import type { Attached } from '#protocol/terminal/attached.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import type { AppRouter } from '#server/trpc/router.ts';
import { packageRoot } from '#server/package-root.ts';
import { cpuOf } from './measure.ts';
import { openSink, type Sink } from './sink.ts';
import type { Relay, Viewer } from './relay.ts';

export interface Product extends Relay {
	readonly url: string;
	readonly dataDir: string;
	readonly signInUrl: string;
	readonly orgId: string;
	readonly villageId: string;
	readonly api: TRPCClient<AppRouter>;
	/** Processes by what they do. */
	processes(): { server: number; runner: number; host: number };
	/** Headers of a person with room for another socket; at most `perPerson` sockets of a door belong to one. */
	person(index: number): Record<string, string>;
}

export interface ProductOptions {
	dataDir?: string;
	/** How many different people look; sockets per person are limited. */
	people?: number;
	env?: Record<string, string>;
	args?: string[];
	/** Options of Node for the server, `--cpu-prof` for example. */
	node?: string[];
}

const PROGRAM = () => join(packageRoot(), 'bin', 'village.js');
const ROLES = ['owner', 'operator', 'viewer'] as const;
/** Sockets of the terminal door per person. */
const TERMINAL_SOCKETS = 10;

/** Pids of living processes whose command line or environment names a data directory. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
	const text = (path: string) => {
		try {
			return readFileSync(path, 'utf8').replaceAll('\0', ' ');
		} catch {
			return '';
		}
	};
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.map((name) => ({
			pid: Number(name),
			command: text(`/proc/${name}/cmdline`),
			environment: text(`/proc/${name}/environ`)
		}))
		.filter(({ command, environment }) => command && (command + environment).includes(dataDir))
		.map(({ pid, command }) => ({ pid, command }));
}

/** Ends everything that belongs to a data directory and removes it. */
export async function removeAll(dataDir: string): Promise<void> {
	for (let i = 0; i < 50; i++) {
		const left = processesOf(dataDir);
		if (left.length === 0) break;
		for (const { pid } of left) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch {
				// It ended by itself.
			}
		}
		await sleep(20);
	}
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

export interface Up {
	child: ChildProcess;
	url: string;
	signInUrl: string;
	/** Milliseconds from the start of the process to its ready line. */
	readyMs: number;
}

/** Runs `village up` on a data directory until it says that it is ready. */
export async function startUp(dataDir: string, options: ProductOptions = {}): Promise<Up> {
	const from = performance.now();
	const { PATH, HOME, LANG } = process.env;
	const child = spawn(
		process.execPath,
		[
			...(options.node ?? []),
			PROGRAM(),
			...['up', '--json', '--port', '0', '--data-dir', dataDir, '--no-open'],
			...(options.args ?? [])
		],
		{
			cwd: tmpdir(),
			env: {
				...{ PATH, HOME, LANG, TERM: 'xterm-256color', NODE_ENV: 'production' },
				...{ VILLAGE_LOG_LEVEL: 'info', VILLAGE_MAX_SESSIONS: '1000' },
				...options.env
			},
			stdio: ['ignore', 'pipe', 'pipe']
		}
	);
	let said = '';
	child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-8_000)));
	const lines = createInterface({ input: child.stdout });
	const ended = once(child, 'exit').then(() => null);
	for (;;) {
		const next = (await Promise.race([once(lines, 'line'), ended])) as [string] | null;
		if (!next) throw new Error(`village up ended:\n${said}`);
		const event = JSON.parse(next[0].startsWith('{') ? next[0] : '{}') as Partial<Up> & {
			event?: string;
		};
		if (event.event !== 'ready') continue;
		const { url, signInUrl } = event as { url: string; signInUrl: string };
		return { child, url, signInUrl, readyMs: performance.now() - from };
	}
}

/** A token, from the running village. */
export function tokenOf(dataDir: string, role: string): string {
	const made = spawnSync(
		process.execPath,
		[PROGRAM(), 'token', 'create', '--role', role, '--json', '--data-dir', dataDir],
		{ encoding: 'utf8', cwd: tmpdir(), timeout: 30_000 }
	);
	if (made.status !== 0) throw new Error(`token create: ${made.stderr}`);
	return (JSON.parse(made.stdout) as { token: string }).token;
}

export function apiOf(url: string, token: string): TRPCClient<AppRouter> {
	return createTRPCClient<AppRouter>({
		links: [
			httpLink({
				url: `${url}/trpc`,
				headers: { authorization: `Bearer ${token}` },
				transformer: { serialize: devalue.stringify, deserialize: devalue.parse }
			})
		]
	});
}

/** Makes one more person through an invitation; answers with the headers of the new login. */
async function invited(
	api: TRPCClient<AppRouter>,
	url: string,
	orgId: string,
	n: number
): Promise<Record<string, string>> {
	const invitation = await api.orgs.invite.mutate({ orgId, role: 'operator' });
	const code = /\/invite\/([^/?#]+)/.exec(JSON.stringify(invitation))?.[1]?.replace(/".*/, '');
	const answer = await fetch(`${url}/invite/${code}?/join`, {
		method: 'POST',
		redirect: 'manual',
		headers: { origin: url },
		body: new URLSearchParams({
			name: `Viewer ${n}`,
			email: `viewer${n}@example.org`,
			password: `many people look ${n}`
		})
	});
	const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]);
	if (cookie.length === 0) throw new Error(`nobody joined: ${answer.status}`);
	return { cookie: cookie.join('; '), origin: url };
}

/**
 * Waits until a started product is at rest, at most forty seconds: the compilers of the embedded database and of V8 work
 * for a while after the start, and what they use is no cost of what is measured next.
 */
async function settled(pids: () => number[]): Promise<void> {
	for (let second = 0, calm = 0; second < 40 && calm < 2; second++) {
		const before = cpuOf(pids());
		await sleep(1_000);
		calm = cpuOf(pids()) - before < 50 ? calm + 1 : 0;
	}
}

/** Starts the product on a fresh data directory. */
export async function openProduct(options: ProductOptions = {}): Promise<Product> {
	const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'vb-'));
	const up = await startUp(dataDir, options);
	const { url } = up;
	const wanted = options.people ?? 1;
	const people: Record<string, string>[] = ROLES.slice(0, wanted).map((role) => ({
		authorization: `Bearer ${tokenOf(dataDir, role)}`
	}));
	const api = apiOf(url, people[0]!.authorization!.slice('Bearer '.length));
	const [village] = await api.villages.list.query();
	const { orgId, id: villageId } = village!;
	for (let n = people.length; n < wanted; n++) people.push(await invited(api, url, orgId, n));
	await settled(() => processesOf(dataDir).map(({ pid }) => pid));
	let seats = 0;

	const find = (word: RegExp) =>
		processesOf(dataDir).find(({ command }) => word.test(command))?.pid;
	const product: Product = {
		name: 'product',
		...{ url, dataDir, orgId, villageId, api, signInUrl: up.signInUrl },
		processes: () => ({
			server: up.child.pid!,
			runner: find(/ runner /) ?? 0,
			host: find(/ session-host /) ?? 0
		}),
		person: (index) => people[index % people.length]!,
		pids: () => Object.values(product.processes()).filter((pid) => pid > 0),
		async start(command) {
			const session = await api.sessions.create.mutate({
				orgId,
				providerId: 'custom',
				command,
				options: { cols: 120, rows: 32 }
			});
			return session.id;
		},
		attach(id) {
			const person = people[Math.floor(seats++ / TERMINAL_SOCKETS) % people.length]!;
			return attach(url, person, id);
		},
		async end(id) {
			await api.sessions.stop.mutate({ sessionId: id, force: true }).catch(() => {});
			seats = 0;
		},
		async close() {
			const ended = once(up.child, 'exit');
			up.child.kill('SIGTERM');
			await Promise.race([ended, sleep(10_000)]);
			await removeAll(dataDir);
		}
	};
	return product;
}

/** As the page acknowledges (`src/lib/terminal/feeder.ts`): at once after so many bytes, else after a moment of calm. */
const ACK_BYTES = 65_536;
const ACK_MS = 50;

/** Attaches as a browser does, but counts instead of painting: every byte from the first one, acknowledged as a page does. */
export async function attach(
	url: string,
	headers: Record<string, string>,
	sessionId: string,
	options: {
		from?: number;
		onBytes?: (bytes: Uint8Array) => void;
		onMessage?: (message: TerminalDown) => void;
	} = {}
): Promise<Viewer & { readonly offset: number; readonly kicked: boolean }> {
	const from = options.from ?? 0;
	let stream = 0;
	let next = from;
	let typed = 0;
	let acked = from;
	let calm: NodeJS.Timeout | undefined;
	let held = Buffer.alloc(0);
	let output = false;
	let ended = false;
	let sink: Sink | null = null;
	let entered!: (message: Attached) => void;
	let refuse!: (error: Error) => void;
	const attached = new Promise<Attached>((resolve, reject) => {
		entered = resolve;
		refuse = reject;
	});
	const viewer = {
		onBytes: options.onBytes ?? (() => {}),
		onEnd: () => {},
		get offset() {
			return next;
		},
		kicked: false,
		type(bytes: Uint8Array) {
			typed += bytes.length;
			sink!.send(encodeTerminalFrame(TERMINAL_KIND.input, stream, typed, bytes));
		},
		stall: () => sink!.stall(),
		close() {
			clearTimeout(calm);
			sink!.close();
		}
	};
	const end = () => {
		if (!ended) viewer.onEnd();
		ended = true;
		clearTimeout(calm);
	};
	const acknowledge = () => {
		clearTimeout(calm);
		calm = undefined;
		acked = next;
		sink?.send(encodeTerminalFrame(TERMINAL_KIND.ack, stream, next));
	};
	sink = await openSink(`${url.replace('http', 'ws')}/ws/terminal`, headers, {
		binary(piece, at, last) {
			let bytes = piece;
			if (at < TERMINAL_HEADER) {
				held = Buffer.concat([held, piece.subarray(0, TERMINAL_HEADER - at)]);
				if (held.length < TERMINAL_HEADER) return;
				output = held[0] === TERMINAL_KIND.output;
				held = Buffer.alloc(0);
				bytes = piece.subarray(TERMINAL_HEADER - at);
			}
			if (!output) return;
			if (bytes.length > 0) {
				next += bytes.length;
				viewer.onBytes(bytes);
			}
			if (!last || next === acked) return;
			if (next - acked >= ACK_BYTES) acknowledge();
			else calm ??= setTimeout(acknowledge, ACK_MS);
		},
		text(text) {
			const message = JSON.parse(text) as TerminalDown;
			options.onMessage?.(message);
			if (message.t === 'hello')
				sink?.send(
					JSON.stringify({
						...{ t: 'attach', ref: 1, sessionId, from, exact: true },
						...{ cols: 120, rows: 32, visible: true }
					})
				);
			else if (message.t === 'attached') {
				stream = message.stream;
				if (message.canWrite && !message.keyboard.holder)
					sink?.send(JSON.stringify({ t: 'keyboard', stream, action: 'request' }));
				entered(message);
			} else if (message.t === 'error') refuse(new Error(`${message.code}: ${message.message}`));
			else if (message.t === 'exit') end();
		},
		closed() {
			viewer.kicked = true;
			refuse(new Error('the server closed the terminal'));
			end();
		}
	});
	await attached;
	return viewer;
}
