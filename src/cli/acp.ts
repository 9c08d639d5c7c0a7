// `village acp`: any agent of the Agent Client Protocol behind our driver, in a session that runs a command.
import { driveAcp } from '#daemons/drive/acp/driver.ts';
import { runDriver } from '#daemons/drive/run-driver.ts';
import { readSessionDoor } from '#daemons/session-door/environment.ts';

const USAGE = 64;
const DEFAULT_TIMEOUT_S = 900;
const MAX_TIMEOUT_S = 86_400;

const HELP = `Usage: village acp [options] PROGRAM [ARGUMENT…]

Runs an agent that speaks the Agent Client Protocol (version 1) on its standard input and output. Inside a session: the
conversation is in this terminal, what the agent asks is in the village's inbox.

Options, before PROGRAM:
  --task TEXT        the first prompt; without it you begin
  --name NAME        how the agent is called here (default: PROGRAM)
  --mode MODE        the agent's own mode in which it asks; without it, its mode stays as it is
  --timeout SECONDS  1..${MAX_TIMEOUT_S}, default ${DEFAULT_TIMEOUT_S}; then a question expires, and nothing was allowed
  --help             show this text

Exit codes: that of the agent, 64 wrong usage, 70 a fault of the driver.
`;

const OPTIONS = ['task', 'name', 'mode', 'timeout'] as const;
type Options = Partial<Record<(typeof OPTIONS)[number], string>>;

/** Runs the agent; returns its exit code, or ends by the signal that ended it. */
export async function run(argv: string[]): Promise<number> {
	const fail = (message: string, code: number): number => {
		process.stderr.write(`village acp: ${message}\r\n`);
		return code;
	};
	const parsed = parse(argv);
	if (parsed === 'help') {
		process.stdout.write(HELP);
		return 0;
	}
	if ('usage' in parsed) return fail(`${parsed.usage}\nTry: village acp --help`, USAGE);
	const { options, program } = parsed;
	const seconds = options.timeout === undefined ? DEFAULT_TIMEOUT_S : Number(options.timeout);
	if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TIMEOUT_S)
		return fail(`--timeout must be 1..${MAX_TIMEOUT_S} whole seconds`, USAGE);
	const door = readSessionDoor(process.env);
	if (!door) return fail('this is not a session of a village', USAGE);
	const { task, mode } = options;
	const name = options.name ?? program[0]!.replace(/^.*\//, '');
	const spec = {
		program,
		version: null,
		...(task ? { task } : {}),
		askTimeoutMs: seconds * 1000
	};
	return runDriver(driveAcp({ name, ...(mode ? { mode } : {}) }), spec, door, fail);
}

type Parsed = 'help' | { usage: string } | { options: Options; program: string[] };

/** Options end where the program begins: what follows is the program's own. */
function parse(argv: readonly string[]): Parsed {
	const options: Options = {};
	let at = 0;
	for (; at < argv.length && argv[at]!.startsWith('-'); at += 1) {
		const word = argv[at]!;
		if (word === '--help' || word === '-h') return 'help';
		if (word === '--') {
			at += 1;
			break;
		}
		const [, name, joined] = /^--([a-z]+)(?:=([^]*))?$/.exec(word) ?? [];
		const known = OPTIONS.find((one) => one === name);
		if (!known) return { usage: `there is no option ${word}` };
		const value = joined ?? argv[++at];
		if (value === undefined) return { usage: `--${known} needs a value` };
		options[known] = value;
	}
	const program = argv.slice(at);
	return program[0] ? { options, program } : { usage: 'a program is needed' };
}
