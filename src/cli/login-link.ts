// `village login-link`: a one-time link for whoever is locked out.
import { callAdmin } from '#server/admin/call.ts';
import { withDatabase } from './offline.ts';
import { command, configOf, EXIT, print, printJson, readArgs } from './usage.ts';

export const help = `Usage: village login-link [options]

Prints a one-time sign-in link: for the first owner, or, while there is none, the link that makes one.

Options:
  --user EMAIL     for the person with this address
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village)
  --json           print {"url": …, "kind": …, "expiresAt": …}
  --help           show this text

Exit codes: 0 printed, 1 failed (also: no such person), 2 wrong configuration, 64 wrong usage.
`;

export interface LoginLink {
	url: string;
	kind: 'setup' | 'sign_in';
	expiresAt: string;
}

export function run(argv: string[]): Promise<number> {
	return command('login-link', async () => {
		const { values } = readArgs(argv, {
			user: { type: 'string' },
			'data-dir': { type: 'string' },
			json: { type: 'boolean' }
		});
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		const config = configOf({ VILLAGE_DATA_DIR: values['data-dir'] });
		const email = values.user;
		const params = email === undefined ? {} : { email };
		const answered = await callAdmin(config.dataDir, 'login-link', params);
		const link = answered
			? (answered.result as LoginLink)
			: await withDatabase(config, async ({ auth }) => {
					const made = await auth.loginLink(email);
					return { ...made, expiresAt: made.expiresAt.toISOString() };
				});
		if (values.json) printJson(link);
		else {
			print(link.url);
			if (!answered)
				process.stderr.write('No server is running here: start it, then open the link.\n');
		}
		return EXIT.ok;
	});
}
