// `village migrate`: the schema up to date, without starting anything. `serve` and `up` do it by themselves.
import { migrate } from '#server/db/migrate.ts';
import { openDatabase } from '#server/db/open.ts';
import { command, configOf, EXIT, print, printJson, readArgs } from './usage.ts';

export const help = `Usage: village migrate [options]

Brings the database up to date. Starting the server does this too.

Options:
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village); $DATABASE_URL for PostgreSQL
  --json           print {"applied": …}
  --help           show this text

Exit codes: 0 up to date, 1 failed, 2 wrong configuration, 3 a server has the database, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('migrate', async () => {
		const options = { 'data-dir': { type: 'string' }, json: { type: 'boolean' } } as const;
		const { values } = readArgs(argv, options);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		const database = await openDatabase(configOf({ VILLAGE_DATA_DIR: values['data-dir'] }));
		try {
			const applied = await migrate(database);
			if (values.json) printJson({ applied });
			else print(applied === 0 ? 'The database is up to date.' : `Applied ${applied} migrations.`);
		} finally {
			await database.close();
		}
		return EXIT.ok;
	});
}
