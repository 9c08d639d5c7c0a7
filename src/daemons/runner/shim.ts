// The `village` program that a session finds first on its PATH: this installation, whatever else is installed.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `<binDir>/village`, which calls `program` (such as `[node, …/bin/village.js]`). */
export function writeShim(binDir: string, program: readonly string[]): void {
	mkdirSync(binDir, { recursive: true, mode: 0o755 });
	const quoted = program.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
	const file = join(binDir, 'village');
	const next = `${file}.${process.pid}.new`;
	writeFileSync(next, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
	renameSync(next, file);
}
