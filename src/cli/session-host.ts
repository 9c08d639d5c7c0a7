// `village session-host`: started by runners, never by people.
import { resolve } from 'node:path';
import { runSessionHost } from '#daemons/session-host/main.ts';
import { command, EXIT, readArgs, UsageError } from './usage.ts';

export const help = `Usage: village session-host --dir DIR --socket PATH

Holds the processes of sessions for a runner, and outlives it. Runners start it by themselves.

Exit codes: 0 nothing needed it any more, 1 failed, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('session-host', async () => {
		const { values } = readArgs(argv, { dir: { type: 'string' }, socket: { type: 'string' } });
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		if (!values.dir || !values.socket) throw new UsageError('--dir and --socket are needed');
		// A terminal that goes away takes nothing with it.
		process.on('SIGHUP', () => {});
		process.on('SIGINT', () => {});
		const host = await runSessionHost({
			dir: resolve(values.dir),
			socketPath: resolve(values.socket),
			log: (line) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`)
		});
		process.on('SIGTERM', () => void host.close());
		await host.closed;
		return EXIT.ok;
	});
}
