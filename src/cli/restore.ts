// `village restore FILE`: a backup takes the place of what is there.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { callAdmin } from '#server/admin/call.ts';
import { confirm } from './prompt.ts';
import {
	command,
	CommandError,
	configOf,
	EXIT,
	print,
	printJson,
	readArgs,
	UsageError
} from './usage.ts';

export const help = `Usage: village restore FILE [options]

Brings a backup back. The server must be stopped. What was in the data directory is moved aside, not deleted.

Options:
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village)
  --yes            do not ask
  --json           print {"at": …, "aside": …}
  --help           show this text

Exit codes: 0 restored, 1 failed or not confirmed, 2 wrong configuration, 3 a server is running, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('restore', async () => {
		const { values, positionals } = readArgs(
			argv,
			{ 'data-dir': { type: 'string' }, yes: { type: 'boolean' }, json: { type: 'boolean' } },
			1
		);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		if (!positionals[0]) throw new UsageError('FILE is needed');
		const { dataDir, databaseUrl } = configOf({ VILLAGE_DATA_DIR: values['data-dir'] });
		if (databaseUrl)
			throw new CommandError(
				EXIT.config,
				'DATABASE_URL is set: restore PostgreSQL with pg_restore'
			);
		if (await callAdmin(dataDir, 'status'))
			throw new CommandError(EXIT.inUse, `a server uses ${dataDir}; stop it first`);
		if (!values.yes && existsSync(join(dataDir, 'db'))) {
			const sure = await confirm(`Replace the village in ${dataDir}?`);
			if (!sure) throw new CommandError(EXIT.failed, 'nothing was changed (--yes does not ask)');
		}
		const { restoreBackup } = await import('#server/admin/restore.ts');
		const done = await restoreBackup(dataDir, resolve(positionals[0]));
		if (values.json) printJson(done);
		else {
			print(`Restored the village of ${done.at} into ${dataDir}.`);
			if (done.aside) print(`What was there lies in ${done.aside}.`);
		}
		return EXIT.ok;
	});
}
