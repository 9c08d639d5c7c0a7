// `village attach SESSION`: a session in this terminal. Typing goes to it while the keyboard is ours.
import { attachTerminal } from './attachment.ts';
import { command, EXIT, readArgs, UsageError } from './usage.ts';

export const help = `Usage: village attach SESSION [options]

Shows a session in this terminal and types in it. Ctrl-] detaches; the session runs on.

Options:
  --url URL          the village (default: $CONTROL_PLANE_API_URL or http://127.0.0.1:3000)
  --token-file FILE  file with an API token (default: $CONTROL_PLANE_AUTH_TOKEN)
  --token TOKEN      the token itself; others on this machine may see it
  --read-only        only look
  --help             show this text

Exit codes: 0 detached, or the session's own exit code when it ends; 1 failed, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('attach', async () => {
		const { values, positionals } = readArgs(
			argv,
			{
				url: { type: 'string' },
				token: { type: 'string' },
				'token-file': { type: 'string' },
				'read-only': { type: 'boolean' }
			},
			1
		);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		const sessionId = positionals[0];
		if (!sessionId) throw new UsageError('SESSION is needed');
		const typed = values.url ?? process.env.CONTROL_PLANE_API_URL ?? 'http://127.0.0.1:3000';
		let url: URL;
		try {
			url = new URL('/ws/terminal', typed);
		} catch {
			throw new UsageError(`--url ${typed} is not an address`);
		}
		if (!/^https?:$/.test(url.protocol))
			throw new UsageError('--url begins with http:// or https://');
		url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
		const fromFile = values['token-file'];
		const token =
			values.token ??
			(fromFile ? (await readToken(fromFile)).trim() : process.env.CONTROL_PLANE_AUTH_TOKEN);
		if (!token)
			throw new UsageError('a token is needed: $CONTROL_PLANE_AUTH_TOKEN or --token-file FILE');
		return attachTerminal({
			url: url.href,
			token,
			sessionId,
			readOnly: values['read-only'] ?? false,
			input: process.stdin,
			output: process.stdout
		});
	});
}

async function readToken(file: string): Promise<string> {
	const { readFile } = await import('node:fs/promises');
	return readFile(file, 'utf8');
}
