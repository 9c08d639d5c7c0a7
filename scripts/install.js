// Installs the packages of package-lock.json when what is installed is not what it says. Plain Node, no dependencies.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, step } from './run.js';

/** The oldest Node that works, as `[major, minor]`; package.json says the same under `engines`. */
const NODE_FLOOR = /** @type {const} */ ([20, 19]);

/** Ends the process with a sentence when this Node is too old. */
export function requireNode(version = process.versions.node) {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
	console.error(
		`Agent Village needs Node ${NODE_FLOOR.join('.')} or newer; this is Node ${version}.\n` +
			'Install a newer one from https://nodejs.org, then run the same command again.'
	);
	process.exit(1);
}

/**
 * Whether npm's own record of what is installed differs from the lock file. Optional packages (other platforms'
 * binaries) may be absent.
 * @param {string} root
 */
export function installStale(root) {
	const record = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(record)) return true;
	const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
	const present = JSON.parse(readFileSync(record, 'utf8')).packages;
	return Object.entries(wanted).some(([path, entry]) => {
		if (path === '' || entry.link) return false;
		const found = present[path];
		if (!found) return !entry.optional && !entry.devOptional && !entry.peer;
		return found.version !== entry.version;
	});
}

/**
 * Runs `npm install` when it is needed, without touching package.json or the lock file. Not `npm ci`: that refuses a lock
 * file made where the registry has no binaries for other platforms, although none of them is needed here.
 * Throws with npm's output when it fails.
 * @param {string} root
 */
export async function install(root) {
	if (!installStale(root)) return;
	await step('Installing packages', async () => {
		const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
		const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
		const { code, output } = await run(npm, ['install', ...flags], {
			cwd: root,
			env: { NODE_ENV: 'development' }
		});
		if (code !== 0) throw new Error(`npm install failed (${code}):\n${output}`);
	});
}
