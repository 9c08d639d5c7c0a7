// `village serve`: the server alone, for a service manager. Sessions stay with their hosts when it ends.
import type { Config } from '#server/config.ts';
import { bindsLoopback, startServer } from './http-server.ts';
import { withDatabase } from './offline.ts';
import { watchSignals } from './signals.ts';
import { command, CommandError, configOf, EXIT, print, readArgs, readNumber } from './usage.ts';

export const help = `Usage: village serve [options]

Starts the server in the foreground. Sessions stay with their runners when it ends.

Options:
  --host HOST        address to listen on (default: $HOST or 127.0.0.1)
  --port PORT        port to listen on; 0 takes a free one (default: $PORT or 3000)
  --data-dir DIR     data directory (default: $VILLAGE_DATA_DIR or .village)
  --public-url URL   the address people use, behind a proxy (default: $VILLAGE_PUBLIC_URL)
  --help             show this text

Exit codes: 0 ended by a signal, 1 failed (also: port in use), 2 wrong configuration, or an address that others
reach before anybody owns the village, 3 another server has the data directory, 64 wrong usage.
`;

export const SERVER_OPTIONS = {
	host: { type: 'string' },
	port: { type: 'string' },
	'data-dir': { type: 'string' },
	'public-url': { type: 'string' }
} as const;

/** The configuration with the flags that `serve` and `up` share. */
export function serverConfig(values: {
	[K in keyof typeof SERVER_OPTIONS]?: string | undefined;
}): Config {
	if (values.port !== undefined) readNumber('--port', values.port, 0, 65_535);
	return configOf({
		HOST: values.host,
		PORT: values.port,
		VILLAGE_DATA_DIR: values['data-dir'],
		VILLAGE_PUBLIC_URL: values['public-url']
	});
}

export function run(argv: string[]): Promise<number> {
	return command('serve', async () => {
		const { values } = readArgs(argv, SERVER_OPTIONS);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		const config = serverConfig(values);
		await demandOwner(config);
		const signals = watchSignals(() => process.exit(130));
		const served = await startServer(config);
		print(`Agent Village is ready: ${served.url}`);
		await Promise.race([signals.first, served.asked]);
		await served.close();
		signals.close();
		return EXIT.ok;
	});
}

/**
 * Refuses an address that other machines reach while the first visitor could still become the owner.
 * Throws `CommandError` (exit 2) with the command to run.
 */
export async function demandOwner(config: Config): Promise<void> {
	if (bindsLoopback(config.host)) return;
	if (await withDatabase(config, ({ auth }) => auth.hasOwner())) return;
	throw new CommandError(
		EXIT.config,
		[
			`HOST=${config.host} lets other machines in, and nobody owns this village yet.`,
			'Start it for this machine alone, open the link it prints, then start it again as you wanted:',
			`  village up --host 127.0.0.1 --data-dir ${quote(config.dataDir)}`
		].join('\n')
	);
}

function quote(path: string): string {
	return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
