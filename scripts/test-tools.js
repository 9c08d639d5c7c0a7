// What the tests need from the machine: a browser and a throw-away PostgreSQL. Found, or installed from Debian when we are
// root; else a sentence says what to install. Plain Node.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { run, step } from './run.js';

const isRoot = process.getuid?.() === 0;

/** @param {string} name */
function onPath(name) {
	return (process.env.PATH ?? '')
		.split(':')
		.map((dir) => join(dir, name))
		.find((path) => existsSync(path));
}

let updated = false;

/**
 * Installs Debian packages; false when that is not possible here.
 * @param {string[]} packages
 */
async function aptInstall(...packages) {
	if (!isRoot || !onPath('apt-get')) return false;
	const env = { DEBIAN_FRONTEND: 'noninteractive' };
	return step(`Installing ${packages.join(', ')}`, async () => {
		if (!updated) await run('apt-get', ['update', '-q'], { env, timeoutMs: 5 * 60_000 });
		updated = true;
		const { code } = await run(
			'apt-get',
			['install', '-y', '-q', '--no-install-recommends', ...packages],
			{ env, timeoutMs: 10 * 60_000 }
		);
		return code === 0;
	});
}

/** Path of a Chromium, or null with a sentence printed. */
export async function chromium() {
	const find = () =>
		[
			process.env.CHROMIUM_PATH,
			'/usr/bin/chromium',
			onPath('chromium'),
			onPath('google-chrome')
		].find((path) => path && existsSync(path));
	const found = find() ?? ((await aptInstall('chromium', 'fonts-dejavu-core')) && find());
	if (found) return found;
	console.log(
		'  No Chromium found. Install one (Debian: `apt-get install chromium`) or set CHROMIUM_PATH.'
	);
	return null;
}

function postgresBin() {
	const debian = '/usr/lib/postgresql';
	const versions = existsSync(debian)
		? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
		: [];
	const dir = versions
		.map((version) => join(debian, version, 'bin'))
		.find((bin) => existsSync(join(bin, 'initdb')));
	return dir ?? onPath('initdb')?.replace(/\/initdb$/, '');
}

/** @returns {Promise<number>} */
function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(address && typeof address === 'object' ? address.port : 0));
		});
	});
}

/** PostgreSQL refuses to run as root, so root runs it as the user its package made. */
function postgresUser() {
	if (!isRoot) return {};
	const id = (/** @type {string} */ flag) =>
		Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim());
	return { uid: id('-u'), gid: id('-g') };
}

/**
 * Starts a cluster that forgets everything, or returns null with a sentence printed.
 * @param {string} dir a folder to make it in
 * @returns {Promise<{ url: string, stop(): Promise<void> } | null>}
 */
export async function postgres(dir) {
	const given = process.env.VILLAGE_TEST_POSTGRES;
	if (given) return { url: given, stop: async () => {} };
	try {
		const bin = postgresBin() ?? ((await aptInstall('postgresql')) ? postgresBin() : undefined);
		if (!bin) throw new Error('Install it (Debian: `apt-get install postgresql`)');
		const user = postgresUser();
		const data = join(dir, 'pg');
		mkdirSync(data, { recursive: true });
		if (user.uid !== undefined) {
			chownSync(data, user.uid, user.gid);
			chmodSync(dir, 0o711);
		}
		const port = await freePort();
		const tool = async (/** @type {string} */ name, /** @type {string[]} */ args) => {
			const { code, output } = await run(join(bin, name), args, {
				cwd: data,
				timeoutMs: 60_000,
				...user
			});
			if (code !== 0) throw new Error(`${name}: ${output.trim().split('\n').at(-1)}`);
		};
		const cluster = join(data, 'cluster');
		await tool('initdb', [
			'-D',
			cluster,
			'-U',
			'postgres',
			'-A',
			'trust',
			'-E',
			'UTF8',
			'--no-sync'
		]);
		const settings = `-p ${port} -k ${data} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200`;
		await tool('pg_ctl', ['-D', cluster, '-w', '-l', join(data, 'log'), '-o', settings, 'start']);
		return {
			url: `postgres://postgres@127.0.0.1:${port}/postgres`,
			stop: () => tool('pg_ctl', ['-D', cluster, '-m', 'immediate', '-w', 'stop']).catch(() => {})
		};
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		console.log(`  No PostgreSQL, so its tests (*.pg.test.ts) are left out. ${why}`);
		return null;
	}
}
