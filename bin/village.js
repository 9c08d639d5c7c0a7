#!/usr/bin/env node
// The one program. Its code is built into dist/; on a fresh clone `npm start` does that.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/village.js', import.meta.url);
if (!existsSync(fileURLToPath(program))) {
	console.error(
		'village: not built yet. Run `npm run build` (or `npm start`) in its folder first.'
	);
	process.exit(1);
}
await import(program.href);
