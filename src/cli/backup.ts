// `village backup FILE`: everything in one file, also while the server runs.
import { resolve } from 'node:path';
import type { BackupFacts } from '#server/admin/backup.ts';
import { callAdmin } from '#server/admin/call.ts';
import { systemClock } from '#server/clock.ts';
import { command, configOf, EXIT, print, printJson, readArgs, UsageError } from './usage.ts';

export const help = `Usage: village backup FILE [options]

Writes database, terminals and key material into FILE (tar.gz, readable by you alone). Works while the server runs.
On PostgreSQL use pg_dump instead.

Options:
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village)
  --json           print {"path": …, "bytes": …, "files": …}
  --help           show this text

Exit codes: 0 written, 1 failed (also: FILE exists), 2 wrong configuration, 64 wrong usage.
`;

/** How long a large village may take. */
const TIMEOUT_MS = 30 * 60_000;

export function run(argv: string[]): Promise<number> {
	return command('backup', async () => {
		const options = { 'data-dir': { type: 'string' }, json: { type: 'boolean' } } as const;
		const { values, positionals } = readArgs(argv, options, 1);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		if (!positionals[0]) throw new UsageError('FILE is needed');
		const path = resolve(positionals[0]);
		const config = configOf({ VILLAGE_DATA_DIR: values['data-dir'] });
		const answered = await callAdmin(config.dataDir, 'backup', { path }, TIMEOUT_MS);
		let facts: BackupFacts;
		if (answered) facts = answered.result as BackupFacts;
		else {
			const { withDatabase } = await import('./offline.ts');
			const { writeBackup } = await import('#server/admin/backup.ts');
			facts = await withDatabase(config, ({ database }) =>
				writeBackup({ database, config, clock: systemClock }, path)
			);
		}
		if (values.json) printJson(facts);
		else
			print(
				`Wrote ${facts.path} (${(facts.bytes / 1_048_576).toFixed(1)} MiB, ${facts.files} files)`
			);
		return EXIT.ok;
	});
}
