import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of our package.json, found upwards from this module: the same from sources, from `build/` and from `dist/`.
 * Files that are shipped beside the code (migrations, the database worker) are resolved from here, never from the cwd.
 */
export function packageRoot(): string {
	for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
		const file = join(dir, 'package.json');
		if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'agent-village')
			return dir;
		if (dir === dirname(dir)) throw new Error('agent-village: package.json not found');
	}
}

/** Our own version, as package.json has it. */
export function packageVersion(): string {
	return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version as string;
}
