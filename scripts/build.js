// Builds what is stale: the web app (build/), the programs (dist/) and the database template (dist/pglite-template).
// `node scripts/build.js [--force]`. Plain Node; uses the installed Vite.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endAll, run, step } from './run.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join('dist', '.stamp');

/** @typedef {{ name: string, what: string, inputs: string[], output: string, command: string[] }} Part */

const VITE = join('node_modules', 'vite', 'bin', 'vite.js');

/** In order: the template is made by a program. @type {Part[]} */
const PARTS = [
	{
		name: 'web',
		what: 'Building the web app',
		inputs: [
			'src',
			'static',
			'svelte.config.js',
			'vite.config.ts',
			'scripts/vite-plugins.js',
			'package.json',
			'package-lock.json'
		],
		output: 'build/index.js',
		command: [VITE, 'build', '--logLevel', 'warn']
	},
	{
		name: 'programs',
		what: 'Building the programs',
		inputs: [
			'src/cli',
			'src/client',
			'src/daemons',
			'src/domain',
			'src/protocol',
			'src/server',
			'package.json',
			'package-lock.json'
		],
		output: 'dist/village.js',
		command: [VITE, 'build', '--config', 'src/cli/vite.config.ts', '--logLevel', 'warn']
	},
	{
		name: 'template',
		what: 'Preparing the database template',
		inputs: [
			'drizzle',
			'src/server/db',
			'src/cli/build-template.ts',
			'node_modules/@electric-sql/pglite/package.json'
		],
		output: 'dist/pglite-template/PG_VERSION',
		command: ['dist/build-template.js']
	}
];

/**
 * Files under a path, sorted, without tests: a changed test makes no build stale.
 * @param {string} root
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(root, path) {
	const full = join(root, path);
	if (!existsSync(full)) return [];
	let entries;
	try {
		entries = readdirSync(full, { withFileTypes: true });
	} catch {
		return [path];
	}
	return entries
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const child = join(path, entry.name);
			if (entry.isDirectory()) return entry.name === 'testing' ? [] : filesUnder(root, child);
			return /\.test\.ts$/.test(entry.name) ? [] : [child];
		});
}

/** @param {string} root @param {Part} part */
function fingerprint(root, part) {
	const hash = createHash('sha256');
	for (const file of part.inputs.flatMap((input) => filesUnder(root, input))) {
		hash.update(relative('.', file).replaceAll('\\', '/')).update('\0');
		hash.update(readFileSync(join(root, file))).update('\0');
	}
	return hash.digest('hex');
}

/** @param {string} root @returns {Record<string, string>} */
function stamps(root) {
	try {
		return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
	} catch {
		return {};
	}
}

/**
 * Builds every part whose inputs changed since it was built. Throws with the tool's output when one fails.
 * @param {string} [root]
 * @param {{ force?: boolean }} [options]
 * @returns {Promise<string[]>} names of the parts that were built
 */
export async function build(root = ROOT, { force = false } = {}) {
	mkdirSync(join(root, 'dist'), { recursive: true });
	const built = [];
	for (const part of PARTS) {
		const now = fingerprint(root, part);
		const fresh = stamps(root)[part.name] === now && existsSync(join(root, part.output));
		if (fresh && !force) continue;
		await step(part.what, async () => {
			rmSync(join(root, part.output), { force: true });
			const { code, output } = await run(process.execPath, part.command, {
				cwd: root,
				env: { NODE_ENV: 'production', VITEST: undefined }
			});
			if (code !== 0 || !existsSync(join(root, part.output)))
				throw new Error(`${part.what} failed (${code}):\n${output}`);
		});
		const changed = fingerprint(root, part) !== now;
		if (!changed)
			writeFileSync(
				join(root, STAMP),
				JSON.stringify({ ...stamps(root), [part.name]: now }, null, '\t')
			);
		built.push(part.name);
	}
	return built;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	process.on('SIGINT', () => (endAll(), process.exit(130)));
	process.on('SIGTERM', () => (endAll(), process.exit(143)));
	try {
		const built = await build(ROOT, { force: process.argv.includes('--force') });
		console.log(built.length ? `Built: ${built.join(', ')}.` : 'Everything is up to date.');
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exit(1);
	}
}
