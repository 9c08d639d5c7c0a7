// `village token create`: a token for scripts, with and without a running server.
import { ROLES, type Role } from '#domain/permissions.ts';
import { callAdmin } from '#server/admin/call.ts';
import { withDatabase } from './offline.ts';
import { command, configOf, EXIT, print, printJson, readArgs, UsageError } from './usage.ts';

export const help = `Usage: village token create --role owner|operator|viewer [options]

Makes an API token and prints it, this once. Before anybody owns the village it belongs to a service user.

Options:
  --role ROLE      the most the token may do
  --name NAME      what it is shown as (default: cli)
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village)
  --json           print {"token": …}
  --help           show this text

Exit codes: 0 made, 1 failed, 2 wrong configuration, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('token', async () => {
		const { values, positionals } = readArgs(
			argv,
			{
				role: { type: 'string' },
				name: { type: 'string' },
				'data-dir': { type: 'string' },
				json: { type: 'boolean' }
			},
			1
		);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		if (positionals[0] !== 'create') throw new UsageError('say "village token create"');
		const role = ROLES.find((one) => one === values.role);
		if (!role) throw new UsageError(`--role is one of ${ROLES.join(', ')}`);
		const name = values.name ?? 'cli';
		if (name === '' || name.length > 80) throw new UsageError('--name takes 1 to 80 characters');
		const token = await createToken(values['data-dir'], role, name);
		if (values.json) printJson({ token });
		else print(token);
		return EXIT.ok;
	});
}

async function createToken(dataDir: string | undefined, role: Role, name: string): Promise<string> {
	const config = configOf({ VILLAGE_DATA_DIR: dataDir });
	const answered = await callAdmin(config.dataDir, 'token.create', { role, name });
	if (answered) return (answered.result as { token: string }).token;
	return withDatabase(config, async ({ orgs }) => (await orgs.cliToken(role, name)).token);
}
