// The agent programs that are tested: pinned, installed from npm into a cache outside the tree, never dependencies of ours.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run, step } from '../run.js';

/**
 * @typedef {'claude' | 'codex' | 'gemini' | 'opencode'} Vendor
 * @typedef {{ vendor: Vendor, version: string, argv: string[] }} Cli `argv` starts the program.
 */

/** @type {Record<Vendor, { spec: string, version: string, program: (modules: string) => string[] }>} */
const PINNED = {
	claude: {
		spec: '@anthropic-ai/claude-code',
		version: '2.1.329',
		// The wrapper of the package wants a newer Node than ours; the program itself is native.
		program: (modules) => [join(modules, `@anthropic-ai/claude-code-${platform()}`, 'claude')]
	},
	codex: {
		spec: '@openai/codex',
		version: '0.169.0',
		program: (modules) => [process.execPath, join(modules, '@openai/codex/bin/codex.js')]
	},
	gemini: {
		spec: '@google/gemini-cli',
		version: '0.61.0',
		program: (modules) => [process.execPath, bin(join(modules, '@google/gemini-cli'))]
	},
	opencode: {
		spec: 'opencode-ai',
		version: '1.18.33',
		program: (modules) => [join(modules, `opencode-${platform()}`, 'bin/opencode')]
	}
};

const platform = () => `${process.platform}-${process.arch}`;

/** The script behind a package's only command. @param {string} dir */
function bin(dir) {
	const { bin: bins } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
	return join(dir, typeof bins === 'string' ? bins : String(Object.values(bins)[0]));
}

/** Folder of the programs. */
export function cacheDir() {
	const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	return process.env.VILLAGE_CLI_CACHE || join(caches, 'agent-village', 'clis');
}

/** Whether every pinned program is there. */
export function isInstalled() {
	return vendors().every((vendor) => existsSync(folder(vendor)));
}

export const vendors = () => /** @type {Vendor[]} */ (Object.keys(PINNED));

/** @param {Vendor} vendor */
const folder = (vendor) => join(cacheDir(), `${vendor}-${PINNED[vendor].version}`);

/**
 * Installs a program unless it is there. Its own install scripts do not run. Throws when npm fails.
 * @param {Vendor} vendor
 * @returns {Promise<Cli>}
 */
export async function ensureCli(vendor) {
	const { spec, version, program } = PINNED[vendor];
	const home = folder(vendor);
	if (!existsSync(home)) {
		const fresh = `${home}.${process.pid}`;
		mkdirSync(fresh, { recursive: true });
		writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
		const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${spec}@${version}`];
		const { code, output } = await step(`Installing ${spec} ${version}`, () =>
			run('npm', npm, { cwd: fresh, timeoutMs: 10 * 60_000 })
		);
		if (code !== 0) {
			rmSync(fresh, { recursive: true, force: true });
			throw new Error(`npm could not install ${spec}@${version}:\n${output.slice(-2000)}`);
		}
		renameSync(fresh, home);
	}
	return { vendor, version, argv: program(join(home, 'node_modules')) };
}
