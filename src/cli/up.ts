// `village up`: server, local runner and session host on one machine, and a link to sign in with.
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { callAdmin } from '#server/admin/call.ts';
import type { Config } from '#server/config.ts';
import { realDemoRoot } from '#server/demo/service.ts';
import { PortInUse, startServer, type Served } from './http-server.ts';
import { startLocalRunner, type LocalRunner } from './local-runner.ts';
import type { LoginLink } from './login-link.ts';
import { openBrowser } from './open-browser.ts';
import { atTerminal, confirm, question } from './prompt.ts';
import { demandOwner, SERVER_OPTIONS, serverConfig } from './serve.ts';
import { watchSignals } from './signals.ts';
import { command, CommandError, EXIT, print, printJson, readArgs } from './usage.ts';

export const help = `Usage: village up [options]

Starts everything on this machine: the server, a runner, and what holds its sessions. Prints a sign-in link.
Ctrl-C stops it, and the sessions with it (it asks first); a second Ctrl-C stops it at once.

Options:
  --demo             also make a demo village: real work by a scripted agent, removable with one click
  --allow-local DIR  houses may be folders below DIR (may be repeated; asked once at a terminal)
  --host HOST        address to listen on (default: $HOST or 127.0.0.1)
  --port PORT        port to listen on; 0 takes a free one (default: $PORT, the last one used, or 3000)
  --data-dir DIR     data directory (default: $VILLAGE_DATA_DIR or .village)
  --public-url URL   the address people use, behind a proxy (default: $VILLAGE_PUBLIC_URL)
  --no-open          do not open the browser
  --json             print one line when everything answers: {"event":"ready","url":…,"signInUrl":…,"dataDir":…}
  --help             show this text

Exit codes: 0 stopped, 1 failed (also: port in use), 2 wrong configuration, 3 a village runs on this data directory
already, 64 wrong usage.
`;

/** Sessions get this long to end before the runner goes. */
const STOP_SESSIONS_MS = 9_000;
const DEMO_MS = 30_000;
/** What a second Ctrl-C leaves for runner and session host to end what they hold. */
const INSIST_MS = 500;

export function run(argv: string[]): Promise<number> {
	return command('up', async () => {
		const { values } = readArgs(argv, {
			...SERVER_OPTIONS,
			demo: { type: 'boolean' },
			'allow-local': { type: 'string', multiple: true },
			'no-open': { type: 'boolean' },
			json: { type: 'boolean' }
		});
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		// People watch this terminal: what needs them is told, the rest is for `serve`.
		process.env.VILLAGE_LOG_LEVEL ??= 'warn';
		const config = serverConfig(values);
		const fixedPort = values.port !== undefined || Boolean(process.env.PORT);
		await demandNotRunning(config);
		await demandOwner(config);
		const given = (values['allow-local'] ?? []).map(existingFolder);
		const allowLocal =
			given.length > 0 || values.json ? given : await askLocalFolder(config.dataDir);
		// A demo can be asked for at any time; its repository is made here and the runner must be allowed to work in it.
		allowLocal.push(realDemoRoot(config.dataDir));

		let served: Served | null = null;
		let runner: LocalRunner | null = null;
		// The database survives being killed as it survives a power cut; its worker would delay a tidy exit.
		const now = () => process.kill(process.pid, 'SIGKILL');
		const signals = watchSignals(() => {
			void (runner?.kill() ?? Promise.resolve()).finally(now);
			setTimeout(now, INSIST_MS);
		});
		const stop = async () => {
			await runner?.close();
			await served?.close();
			signals.close();
		};
		const interrupted = signals.first.then(() => 'interrupted' as const);
		const note = (text: string) => void process.stderr.write(`village: ${text}\n`);

		async function open(): Promise<void> {
			served = await startOnSomePort(config, fixedPort);
			const url = localUrl(config, served);
			runner = await startLocalRunner({ dataDir: config.dataDir, url, allowLocal, onNote: note });
			await runner.online();
			if (values.demo)
				await callAdmin(config.dataDir, 'demo.start', {}, DEMO_MS).catch((error: unknown) =>
					note(`the demo was not made: ${error instanceof Error ? error.message : String(error)}`)
				);
			const link = await callAdmin(config.dataDir, 'login-link');
			if (!link) throw new CommandError(EXIT.failed, 'the server does not answer');
			const { url: signInUrl, kind } = link.result as LoginLink;
			if (values.json)
				printJson({ event: 'ready', url: served.url, signInUrl, dataDir: config.dataDir });
			else greet(served.url, signInUrl, kind);
			if (!values.json && !values['no-open'] && atTerminal()) openBrowser(signInUrl);
		}

		const opening = open();
		try {
			const early = await Promise.race([opening, interrupted]);
			if (early === 'interrupted') {
				// What is half open is let finish, or there would be nothing to close.
				await opening.catch(() => {});
				await stop();
				return EXIT.ok;
			}
		} catch (error) {
			await stop();
			throw error;
		}

		const ended = (served as Served | null)?.asked.then(() => 'asked' as const);
		let signal = signals.first as Promise<NodeJS.Signals>;
		for (;;) {
			const why = await Promise.race([signal, ...(ended ? [ended] : [])]);
			const active = await activeSessions(config.dataDir);
			if (active > 0 && why === 'SIGINT' && atTerminal()) {
				const sessions = active === 1 ? '1 session is' : `${active} sessions are`;
				// A further Ctrl-C, here a key of the question, insists.
				const insist = () => signals.raise('SIGINT');
				if (!(await confirm(`\n${sessions} running. Stop and quit?`, insist))) {
					signal = signals.again();
					continue;
				}
			}
			if (active > 0) {
				if (!values.json) note(`stopping ${active === 1 ? '1 session' : `${active} sessions`}…`);
				await callAdmin(
					config.dataDir,
					'session.stop-all',
					{ timeoutMs: STOP_SESSIONS_MS },
					STOP_SESSIONS_MS + 2_000
				).catch((error: unknown) => note(`sessions were not stopped: ${String(error)}`));
			}
			await stop();
			return EXIT.ok;
		}
	});
}

/** One clear line when a village runs on this data directory already. */
async function demandNotRunning(config: Config): Promise<void> {
	const answered = await callAdmin(config.dataDir, 'status').catch(() => null);
	if (!answered) return;
	const { url, pid } = answered.result as { url: string; pid: number };
	throw new CommandError(
		EXIT.inUse,
		`a village runs on ${config.dataDir} already: ${url} (process ${pid}). "village login-link" prints a sign-in link.`
	);
}

/** The port asked for; or the last one used, the usual one, or any. */
async function startOnSomePort(config: Config, fixed: boolean): Promise<Served> {
	const file = join(config.dataDir, 'port');
	const ports = fixed ? [config.port] : [readPort(file), config.port, 0].filter((p) => p !== null);
	for (const [i, port] of ports.entries()) {
		try {
			const served = await startServer({ ...config, port });
			mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
			writeFileSync(file, `${served.port}\n`);
			return served;
		} catch (error) {
			if (!(error instanceof PortInUse) || i === ports.length - 1) throw error;
		}
	}
	throw new CommandError(EXIT.failed, 'no port is free');
}

function readPort(file: string): number | null {
	try {
		const port = Number(readFileSync(file, 'utf8').trim());
		return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
	} catch {
		return null;
	}
}

/** How this machine itself reaches the server, also when people come through a proxy. */
function localUrl(config: Config, served: Served): string {
	const every = config.host === '0.0.0.0' || config.host === '::';
	const host = every ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
	return `http://${host}:${served.port}`;
}

async function activeSessions(dataDir: string): Promise<number> {
	try {
		const answered = await callAdmin(dataDir, 'session.active', undefined, 2_000);
		return ((answered?.result ?? []) as unknown[]).length;
	} catch {
		return 0;
	}
}

function greet(url: string, signInUrl: string, kind: LoginLink['kind']): void {
	const what = kind === 'setup' ? 'Open this link to begin' : 'Sign in with this link';
	print(`\n  Agent Village is running at ${url}\n\n  ${what} (works once):\n  ${signInUrl}\n`);
	print('  Ctrl-C stops it.\n');
}

/** Asks once per data directory which folder's repositories agents may use. */
async function askLocalFolder(dataDir: string): Promise<string[]> {
	const file = join(dataDir, 'asked-local');
	try {
		statSync(file);
		return [];
	} catch {
		// Not asked yet.
	}
	if (!atTerminal()) return [];
	const answer = await question(
		'Folder whose repositories agents may work in (leave empty for none): '
	);
	if (answer === null) return [];
	const chosen = answer.trim();
	const folder = chosen === '' ? null : existingFolder(chosen.replace(/^~(?=$|\/)/, homedir()));
	mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	writeFileSync(file, '');
	return folder === null ? [] : [folder];
}

/** The real path of a folder. Throws `CommandError`. */
function existingFolder(path: string): string {
	try {
		const real = realpathSync(resolve(path));
		if (statSync(real).isDirectory()) return real;
	} catch {
		// Told below.
	}
	throw new CommandError(EXIT.usage, `--allow-local ${path}: there is no such folder`);
}
