import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll } from 'vitest';

/**
 * Bundles a few lines of TypeScript into a program that plain Node runs, for tests with processes of
 * their own. It lies below node_modules, so that it finds the packages, and is made before and deleted
 * after the tests of the file that calls this. Returns where to find its path.
 */
export function bundle(name: string, source: string): () => string {
	let dir: string | undefined;
	let path = '';
	beforeAll(async () => {
		dir = makeDir();
		path = await buildProgram(dir, name, source);
	}, 60_000);
	afterAll(() => {
		if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
	});
	return () => path;
}

const root = resolve(import.meta.dirname, '../../../..');

function makeDir(): string {
	const cache = join(root, 'node_modules/.cache');
	mkdirSync(cache, { recursive: true });
	return mkdtempSync(join(cache, 'village-test-'));
}

async function buildProgram(dir: string, name: string, source: string): Promise<string> {
	const entry = join(dir, `${name}.ts`);
	writeFileSync(entry, source);
	const src = (room: string): { find: string; replacement: string } => ({
		find: `#${room}/`,
		replacement: `${join(root, 'src', room)}/`
	});
	await build({
		configFile: false,
		root,
		logLevel: 'error',
		resolve: { alias: ['protocol', 'domain', 'daemons', 'cli'].map(src) },
		build: {
			ssr: entry,
			outDir: join(dir, 'out'),
			target: 'node20',
			minify: false,
			rollupOptions: { output: { entryFileNames: '[name].mjs' } }
		}
	});
	return join(dir, 'out', `${name}.mjs`);
}
