import { parseArgs } from 'node:util';
import { askPeople, type AskOutcome } from '#daemons/session-door/ask.ts';
import { readSessionDoor } from '#daemons/session-door/environment.ts';
import { newApprovalId } from '#daemons/session-door/ids.ts';
import { AskRequest } from '#protocol/host/ask-line.ts';
import { AskAction, AskRisk } from '#protocol/host/ask.ts';

const ALLOWED = 0;
const DENIED = 1;
/** Expired, cancelled, or any fault. */
const NOT_ALLOWED = 2;
const USAGE = 64;

const DEFAULT_TIMEOUT_S = 900;
const MIN_TIMEOUT_S = 1;
const MAX_TIMEOUT_S = 86_400;

const HELP = `Usage: village ask --action ACTION [options] "Question?"

Asks the people of the village from inside a session and waits for their answer.

Options:
  --action ACTION    ${AskAction.options.join(' | ')}
  --risk RISK        ${AskRisk.options.join(' | ')} (default: by action)
  --details JSON     a JSON object shown with the question, at most 32 KiB
  --command COMMAND  the command that waits for the answer
  --timeout SECONDS  ${MIN_TIMEOUT_S}..${MAX_TIMEOUT_S}, default ${DEFAULT_TIMEOUT_S}; then the question expires
  --json             print the outcome as one line of JSON
  --help             show this text

Exit codes: 0 allowed, 1 denied, 2 expired, cancelled or failed, 64 wrong usage.
`;

/** Anything else, whatever it was, is `NOT_ALLOWED`: nobody allowed anything. */
const CODES: Partial<Record<AskOutcome['outcome'], number>> = { allowed: ALLOWED, denied: DENIED };

/** `village ask`: blocks until the question has ended; returns the exit code. */
export async function run(argv: string[]): Promise<number> {
	const parsed = parse(argv);
	if (parsed === 'help') {
		process.stdout.write(HELP);
		return 0;
	}
	if ('usage' in parsed) {
		process.stderr.write(`village ask: ${parsed.usage}\nTry: village ask --help\n`);
		return USAGE;
	}
	const outcome = await ask(parsed.request, parsed.socketPath);
	const code = CODES[outcome.outcome] ?? NOT_ALLOWED;
	if (parsed.json) process.stdout.write(`${JSON.stringify({ ...outcome, exitCode: code })}\n`);
	else {
		const text = outcome.message ? `${outcome.outcome}: ${outcome.message}` : outcome.outcome;
		process.stderr.write(`village ask: ${text}\n`);
	}
	return code;
}

type Parsed =
	'help' | { usage: string } | { request: AskRequest | null; socketPath: string; json: boolean };

function parse(argv: string[]): Parsed {
	let values;
	let positionals;
	try {
		({ values, positionals } = parseArgs({
			args: argv,
			allowPositionals: true,
			options: {
				action: { type: 'string' },
				risk: { type: 'string' },
				details: { type: 'string' },
				command: { type: 'string' },
				timeout: { type: 'string' },
				json: { type: 'boolean' },
				help: { type: 'boolean', short: 'h' }
			}
		}));
	} catch (error) {
		return { usage: error instanceof Error ? error.message : String(error) };
	}
	if (values.help) return 'help';
	const [summary] = positionals;
	if (positionals.length !== 1 || summary === undefined) return { usage: 'one question is needed' };
	if (values.action === undefined) return { usage: '--action is needed' };
	const seconds = values.timeout === undefined ? DEFAULT_TIMEOUT_S : Number(values.timeout);
	if (!Number.isInteger(seconds) || seconds < MIN_TIMEOUT_S || seconds > MAX_TIMEOUT_S) {
		return { usage: `--timeout must be ${MIN_TIMEOUT_S}..${MAX_TIMEOUT_S} whole seconds` };
	}
	let details: unknown;
	try {
		details = values.details === undefined ? undefined : JSON.parse(values.details);
	} catch {
		return { usage: '--details is not JSON' };
	}
	const door = readSessionDoor(process.env);
	const request = {
		t: 'ask',
		token: door?.token,
		sessionId: door?.sessionId,
		approvalId: newApprovalId(Date.now()),
		action: values.action,
		...(values.risk === undefined ? {} : { risk: values.risk }),
		summary,
		...(details === undefined ? {} : { details }),
		...(values.command === undefined ? {} : { command: values.command }),
		cwd: process.cwd(),
		timeoutMs: seconds * 1000
	};
	const json = values.json ?? false;
	const checked = AskRequest.safeParse(request);
	if (checked.success) {
		return { request: checked.data, socketPath: door?.socketPath ?? '', json };
	}
	const outside = ['token', 'sessionId'];
	const wrong = checked.error.issues.find((one) => !outside.includes(String(one.path[0])));
	if (wrong) return { usage: `${wrong.path.join('.')}: ${wrong.message}` };
	return { request: null, socketPath: '', json };
}

/** Asks and waits. Only a decision `allow` for this very question ends with 0. */
async function ask(request: AskRequest | null, socketPath: string): Promise<AskOutcome> {
	if (!request) {
		return {
			outcome: 'failed',
			message:
				'this is not a session of a village (VILLAGE_ASK_SOCKET, VILLAGE_ASK_TOKEN and VILLAGE_SESSION_ID are set in one)'
		};
	}
	const question = askPeople(socketPath, request);
	const onSignal = (): void => question.cancel();
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	for (const name of signals) process.on(name, onSignal);
	const outcome = await question.outcome;
	for (const name of signals) process.removeListener(name, onSignal);
	return outcome;
}
