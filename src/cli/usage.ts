// How every subcommand reads its words and says what was wrong with them.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { readConfig, type Config } from '#server/config.ts';

/** Exit codes of the program. 64 is sysexits' EX_USAGE. */
export const EXIT = { ok: 0, failed: 1, config: 2, inUse: 3, usage: 64 } as const;

/** Ends a command with a message on standard error, and nothing else. */
export class CommandError extends Error {
	override name = 'CommandError';
	readonly exitCode: number;
	constructor(exitCode: number, message: string) {
		super(message);
		this.exitCode = exitCode;
	}
}

/** Wrong words on the command line. */
export class UsageError extends CommandError {
	constructor(message: string) {
		super(EXIT.usage, message);
	}
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads strict options and at most `positionals` words. Throws `UsageError`; `help` answers `--help`. */
export function readArgs<T extends Options>(argv: string[], options: T, positionals = 0) {
	const withHelp = { ...options, help: { type: 'boolean', short: 'h' } } as const;
	try {
		const parsed = parseArgs({ args: argv, options: withHelp, allowPositionals: true });
		const surplus = parsed.positionals[positionals];
		if (surplus !== undefined) throw new UsageError(`unexpected word "${surplus}"`);
		return parsed;
	} catch (error) {
		if (error instanceof UsageError) throw error;
		throw new UsageError(error instanceof Error ? error.message.split('\n')[0]! : String(error));
	}
}

/** A whole number in a range. Throws `UsageError`. */
export function readNumber(flag: string, value: string, min: number, max: number): number {
	const number = Number(value);
	if (!/^\d+$/.test(value) || number < min || number > max)
		throw new UsageError(`${flag} takes a whole number from ${min} to ${max}`);
	return number;
}

/** The configuration, with flags over the environment. Throws `ConfigError`. */
export function configOf(flags: Record<string, string | undefined> = {}): Config {
	const given = Object.entries(flags).filter(([, value]) => value !== undefined);
	return readConfig({ ...process.env, ...Object.fromEntries(given) });
}

/** Runs the body of a command: failures that have a name become one clear line and an exit code. */
export async function command(name: string, body: () => Promise<number>): Promise<number> {
	try {
		return await body();
	} catch (error) {
		const { exitCode, lines } = explain(error);
		process.stderr.write(`village ${name}: ${lines.join('\n')}\n`);
		if (exitCode === EXIT.usage) process.stderr.write(`Try: village ${name} --help\n`);
		return exitCode;
	}
}

/** Exit code and words for a failure. Names are compared, not classes: the server's code is bundled on its own. */
export function explain(error: unknown): { exitCode: number; lines: string[] } {
	if (!(error instanceof Error)) return { exitCode: EXIT.failed, lines: [String(error)] };
	const lines = error.message.split('\n');
	if (error instanceof CommandError) return { exitCode: error.exitCode, lines };
	if (error.name === 'ConfigError') return { exitCode: EXIT.config, lines };
	if (error.name === 'DatabaseInUseError') return { exitCode: EXIT.inUse, lines };
	if (error.name === 'AppError') return { exitCode: EXIT.failed, lines };
	const { code } = error as NodeJS.ErrnoException;
	if (code !== undefined) return { exitCode: EXIT.failed, lines };
	return { exitCode: EXIT.failed, lines: [error.stack ?? error.message] };
}

/** Writes a value as one line of JSON. */
export function printJson(value: unknown): void {
	process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function print(text: string): void {
	process.stdout.write(`${text}\n`);
}
