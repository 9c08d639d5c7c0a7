// The program `village`: finds the subcommand, loads it alone, and ends with its exit code.
import { COMMANDS, overview } from './commands.ts';
import { suggest } from './suggest.ts';

const EX_USAGE = 64;
/** A command that has ended has ended: no forgotten handle may keep the process. */
const LINGER_MS = 500;

/** Runs one command line; resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
	const [name, ...rest] = argv;
	if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
		process.stdout.write(overview());
		return name === undefined ? EX_USAGE : 0;
	}
	if (name === '--version' || name === '-v' || name === 'version') {
		const { packageVersion } = await import('#server/package-root.ts');
		process.stdout.write(`${packageVersion()}\n`);
		return 0;
	}
	const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
	if (!entry) {
		const near = suggest(name, Object.keys(COMMANDS));
		const hint = near === null ? 'Try: village --help' : `Did you mean "village ${near}"?`;
		process.stderr.write(`village: there is no command "${name}". ${hint}\n`);
		return EX_USAGE;
	}
	return (await entry.load()).run(rest);
}

if (!process.env.VITEST) {
	process.exitCode = await main(process.argv.slice(2));
	setTimeout(() => process.exit(), LINGER_MS).unref();
}
