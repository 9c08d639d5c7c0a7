// What `village doctor` looks at. Every check answers, none throws, and none changes anything.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { callAdmin } from '#server/admin/call.ts';
import type { Config } from '#server/config.ts';
import { lockHolder } from '#server/db/lock.ts';
import { packageRoot } from '#server/package-root.ts';

export interface Finding {
	name: string;
	ok: boolean;
	detail: string;
	/** What to do about it. */
	fix?: string;
}

const MIN_FREE_BYTES = 1024 ** 3;
const MAX_SKEW_MS = 30_000;
const run = promisify(execFile);

/** Runs every check in order; what needs a configuration is left out when there is none. */
export async function examine(readConfig: () => Config): Promise<Finding[]> {
	const findings = [node(), build()];
	let config: Config;
	try {
		config = readConfig();
		findings.push(good('configuration', 'every variable is valid'));
	} catch (error) {
		findings.push(bad('configuration', messageOf(error), 'correct the variables named here'));
		findings.push(await terminals(), await git(), proxies());
		return findings;
	}
	const server = await running(config);
	findings.push(
		server.finding,
		dataDir(config),
		await database(config, server.facts !== null),
		await port(config, server.facts !== null),
		clock(server.facts),
		await terminals(),
		await git(),
		await disk(config),
		proxies()
	);
	return findings;
}

const good = (name: string, detail: string): Finding => ({ name, ok: true, detail });
const bad = (name: string, detail: string, fix: string): Finding => ({
	...{ name, ok: false, detail, fix }
});
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function node(): Finding {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	const recent = major > 20 || (major === 20 && minor >= 19);
	return recent
		? good('node', process.version)
		: bad('node', process.version, 'install Node 20.19 or newer');
}

function build(): Finding {
	const missing = ['build/handler.js', 'dist/village.js'].filter(
		(file) => !existsSync(join(packageRoot(), file))
	);
	return missing.length === 0
		? good('build', 'web app and programs are built')
		: bad('build', `${missing.join(', ')} is missing`, 'run "npm run build"');
}

/** What only the running server can tell. */
interface ServerFacts {
	runners?: { hostname: string; clockSkewMs: number | null }[];
}

async function running(config: Config): Promise<{ finding: Finding; facts: ServerFacts | null }> {
	try {
		const answered = await callAdmin(config.dataDir, 'status', undefined, 3_000);
		if (!answered) return { finding: good('server', 'not running here'), facts: null };
		const { url, pid, ready } = answered.result as { url: string; pid: number; ready: boolean };
		const detail = `${url} (process ${pid})`;
		const facts = await callAdmin(config.dataDir, 'doctor', undefined, 3_000);
		const finding = ready
			? good('server', `running at ${detail}`)
			: bad('server', `${detail} is not ready`, `look at ${url}/readyz and the log`);
		return { finding, facts: (facts?.result ?? {}) as ServerFacts };
	} catch (error) {
		const fix = 'stop it and start it again; sessions survive that';
		return { finding: bad('server', messageOf(error), fix), facts: null };
	}
}

function dataDir(config: Config): Finding {
	const name = 'data directory';
	const parent = existsSync(config.dataDir) ? config.dataDir : dirname(config.dataDir);
	try {
		accessSync(parent, constants.R_OK | constants.W_OK | constants.X_OK);
	} catch (error) {
		return bad(name, messageOf(error), 'give yourself the folder, or choose another --data-dir');
	}
	if (parent !== config.dataDir) return good(name, `${config.dataDir} will be made`);
	const open = (statSync(parent).mode & 0o077) !== 0;
	return open
		? bad(name, `others may look into ${parent}`, `chmod 700 ${parent}`)
		: good(name, parent);
}

async function database(config: Config, isRunning: boolean): Promise<Finding> {
	if (config.databaseUrl) {
		const { default: postgres } = await import('postgres');
		const sql = postgres(config.databaseUrl, { max: 1, connect_timeout: 3, onnotice: () => {} });
		try {
			const [row] = await sql<{ version: string }[]>`show server_version`;
			const version = Number.parseInt(
				(row as { server_version?: string })?.server_version ?? '',
				10
			);
			return version >= 14
				? good('database', `PostgreSQL ${version}`)
				: bad('database', `PostgreSQL ${version}`, 'use PostgreSQL 14 or newer');
		} catch (error) {
			return bad('database', messageOf(error), 'check DATABASE_URL and that PostgreSQL runs');
		} finally {
			await sql.end({ timeout: 1 });
		}
	}
	const lock = join(config.dataDir, 'village.lock');
	const holder = lockHolder(lock);
	if (holder !== null)
		return isRunning
			? good('database', 'embedded, in use by the server')
			: bad(
					'database',
					`held by process ${holder}, which does not answer`,
					`end process ${holder}`
				);
	const cluster = join(config.dataDir, 'db', 'PG_VERSION');
	return good('database', existsSync(cluster) ? 'embedded' : 'embedded, made at the first start');
}

async function port(config: Config, isRunning: boolean): Promise<Finding> {
	if (isRunning) return good('port', 'in use by the server');
	if (config.port === 0) return good('port', 'any free one');
	const where = `${config.host}:${config.port}`;
	const error = await new Promise<Error | null>((resolve) => {
		const probe = createServer();
		probe.once('error', resolve);
		probe.listen(config.port, config.host, () => probe.close(() => resolve(null)));
	});
	return error
		? bad('port', `${where}: ${error.message}`, 'choose another --port, or end what uses it')
		: good('port', `${where} is free`);
}

function clock(facts: ServerFacts | null): Finding {
	const now = new Date();
	const fix = 'set the clocks by NTP';
	if (now.getUTCFullYear() < 2025) return bad('clock', now.toISOString(), fix);
	const off = (facts?.runners ?? []).filter(
		(runner) => Math.abs(runner.clockSkewMs ?? 0) > MAX_SKEW_MS
	);
	return off.length === 0
		? good('clock', now.toISOString())
		: bad('clock', `differs on ${off.map((runner) => runner.hostname).join(', ')}`, fix);
}

async function terminals(): Promise<Finding> {
	try {
		const { spawn } = await import('@lydell/node-pty');
		const pty = spawn('/bin/sh', ['-c', 'exit 7'], { cols: 80, rows: 24 });
		const code = await new Promise<number | null>((resolve) => {
			const timer = setTimeout(() => resolve(null), 3_000);
			pty.onExit(({ exitCode }) => {
				clearTimeout(timer);
				resolve(exitCode);
			});
		});
		return code === 7
			? good('terminals', 'a pseudo terminal opens')
			: bad(
					'terminals',
					'a process in a terminal did not end as it should',
					'reinstall: npm install'
				);
	} catch (error) {
		return bad('terminals', messageOf(error), 'reinstall with optional packages: npm install');
	}
}

async function git(): Promise<Finding> {
	try {
		const { stdout } = await run('git', ['--version'], { timeout: 3_000 });
		return good('git', stdout.trim());
	} catch (error) {
		return bad('git', messageOf(error), 'install git; houses are repositories');
	}
}

async function disk(config: Config): Promise<Finding> {
	let folder = config.dataDir;
	while (!existsSync(folder)) folder = dirname(folder);
	try {
		const { bavail, bsize } = await statfs(folder);
		const free = bavail * bsize;
		const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
		return free >= MIN_FREE_BYTES
			? good('disk', detail)
			: bad('disk', detail, 'free some space; transcripts are kept for a day');
	} catch (error) {
		return bad('disk', messageOf(error), 'look at the data directory');
	}
}

function proxies(): Finding {
	const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
	const set = names.filter((name) => process.env[name]);
	if (set.length === 0) return good('proxies', 'none set');
	const exempt = process.env.NO_PROXY ?? process.env.no_proxy ?? '';
	return /localhost|127\.0\.0\.1|\*/.test(exempt)
		? good('proxies', `${set.join(', ')}, local addresses are exempt`)
		: bad(
				'proxies',
				`${set.join(', ')} is set, and local addresses are not exempt`,
				'set NO_PROXY=localhost,127.0.0.1,::1'
			);
}
