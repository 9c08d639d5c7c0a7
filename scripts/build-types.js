// Makes the declarations of `agent-village/client` in dist/types, for the package that is packed: `#room/file.ts` means
// nothing outside this repository, so every import becomes a relative one.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, 'dist', 'types');
const ENTRY = join(ROOT, 'src', 'client', 'index.ts');

rmSync(OUT, { recursive: true, force: true });
const program = ts.createProgram([ENTRY], {
	target: ts.ScriptTarget.ES2023,
	module: ts.ModuleKind.ESNext,
	moduleResolution: ts.ModuleResolutionKind.Bundler,
	lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.d.ts'],
	types: ['node'],
	strict: true,
	noUncheckedIndexedAccess: true,
	skipLibCheck: true,
	allowJs: true,
	allowImportingTsExtensions: true,
	declaration: true,
	emitDeclarationOnly: true,
	rootDir: join(ROOT, 'src'),
	outDir: OUT
});
const { diagnostics } = program.emit();
if (diagnostics.length > 0) {
	console.error(
		ts.formatDiagnostics(diagnostics, {
			getCanonicalFileName: (name) => name,
			getCurrentDirectory: () => ROOT,
			getNewLine: () => '\n'
		})
	);
	process.exit(1);
}

for (const file of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
	if (!file.endsWith('.d.ts')) continue;
	const path = join(OUT, file);
	/** @param {string} target a file of ours, from dist/types */
	const to = (target) => {
		const from = relative(dirname(path), join(OUT, target)).replaceAll('\\', '/');
		return (from.startsWith('.') ? from : `./${from}`).replace(/\.ts$/, '.js');
	};
	const text = readFileSync(path, 'utf8')
		.replaceAll(/(["'])#([^"']+)\1/g, (_, quote, target) => `${quote}${to(target)}${quote}`)
		.replaceAll(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, '$1$2.js$1');
	writeFileSync(path, text);
}
if (!existsSync(join(OUT, 'client', 'index.d.ts'))) throw new Error('no declarations were made');
console.log('Declarations are in dist/types.');
