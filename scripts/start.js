// `npm start`: from a fresh clone to a running village with only Node. Installs and builds what is stale, then runs
// `village up`, with `--demo` on an empty data directory. Plain Node, no dependencies.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';
import { install, requireNode } from './install.js';
import { endAll } from './run.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Where `up` will keep its data: `--data-dir`, `VILLAGE_DATA_DIR`, or `.village` in the repository.
 * @param {string[]} args
 */
function dataDir(args) {
	const at = args.indexOf('--data-dir');
	const joined = args.find((arg) => arg.startsWith('--data-dir='))?.slice('--data-dir='.length);
	const given = (at >= 0 ? args[at + 1] : joined) ?? process.env.VILLAGE_DATA_DIR;
	return resolve(given ?? join(ROOT, '.village'));
}

const args = process.argv.slice(2);
requireNode();
if (existsSync(join(ROOT, '.env'))) process.loadEnvFile(join(ROOT, '.env'));

const interrupted = (/** @type {number} */ code) => () => (endAll(), process.exit(code));
const onInt = interrupted(130);
const onTerm = interrupted(143);
process.on('SIGINT', onInt);
process.on('SIGTERM', onTerm);

try {
	await install(ROOT);
	await build(ROOT);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}

process.off('SIGINT', onInt);
process.off('SIGTERM', onTerm);

const dir = dataDir(args);
const first = !existsSync(join(dir, 'db')) && !process.env.DATABASE_URL && !args.includes('--demo');
// At a terminal `up` shares our process group: it gets Ctrl-C from the terminal itself, and may ask questions.
// Elsewhere it has a group of its own and every signal comes through us, or a signal to the group would arrive twice.
const terminal = process.stdin.isTTY === true;
const up = spawn(
	process.execPath,
	[join(ROOT, 'bin', 'village.js'), 'up', ...(first ? ['--demo'] : []), ...args],
	{ stdio: 'inherit', detached: !terminal, env: { ...process.env, VILLAGE_DATA_DIR: dir } }
);
let passedAt = -Infinity;
/** npm passes on what the group got already; a second Ctrl-C of a person comes later than this. */
const SAME_SIGNAL_MS = 200;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
	process.on(signal, () => {
		if (terminal && signal === 'SIGINT') return;
		const now = performance.now();
		if (now - passedAt < SAME_SIGNAL_MS) return;
		passedAt = now;
		up.kill(signal);
	});
}
up.on('error', (error) => {
	console.error(`village could not be started: ${error.message}`);
	process.exit(1);
});
up.on('exit', (code, signal) => {
	process.exitCode = code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1);
});
