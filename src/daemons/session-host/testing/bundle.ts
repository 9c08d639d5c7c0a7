import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const folders: string[] = [];
process.once('exit', () => folders.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/**
 * Bundles a few lines of TypeScript into a program that plain Node runs, for tests with processes of
 * their own. It lies below node_modules, so that it finds the packages. Returns its path.
 */
export async function bundle(name: string, source: string): Promise<string> {
	const root = resolve(import.meta.dirname, '../../../..');
	mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
	const dir = mkdtempSync(join(root, 'node_modules/.cache/village-test-'));
	folders.push(dir);
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
