import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { AskDown, AskRequest, MAX_ASK_LINE } from '#protocol/host/ask-line.ts';
import { AskAction, AskRisk } from '#protocol/host/ask.ts';

const ALLOWED = 0;
const DENIED = 1;
/** Expired, cancelled, or any fault: whatever it was, nobody allowed anything. */
const NOT_ALLOWED = 2;
const USAGE = 64;

const DEFAULT_TIMEOUT_S = 900;
const MIN_TIMEOUT_S = 1;
const MAX_TIMEOUT_S = 86_400;
/** How long the host may take to take the question. */
const TAKE_MS = 10_000;
/** The host ends an expired question itself; this is for a host that hangs. */
const GRACE_MS = 2000;

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

interface Outcome {
	code: number;
	outcome: 'allowed' | 'denied' | 'expired' | 'cancelled' | 'failed';
	message?: string;
}

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
	if (parsed.json) {
		const { code, ...shown } = outcome;
		process.stdout.write(`${JSON.stringify({ ...shown, exitCode: code })}\n`);
	} else {
		const text = outcome.message ? `${outcome.outcome}: ${outcome.message}` : outcome.outcome;
		process.stderr.write(`village ask: ${text}\n`);
	}
	return outcome.code;
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
	const { VILLAGE_ASK_SOCKET, VILLAGE_ASK_TOKEN, VILLAGE_SESSION_ID } = process.env;
	const request = {
		t: 'ask',
		token: VILLAGE_ASK_TOKEN,
		sessionId: VILLAGE_SESSION_ID,
		approvalId: newId(Date.now()),
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
		return {
			request: VILLAGE_ASK_SOCKET ? checked.data : null,
			socketPath: VILLAGE_ASK_SOCKET ?? '',
			json
		};
	}
	const outside = ['token', 'sessionId'];
	const wrong = checked.error.issues.find((one) => !outside.includes(String(one.path[0])));
	if (wrong) return { usage: `${wrong.path.join('.')}: ${wrong.message}` };
	return { request: null, socketPath: '', json };
}

/** Asks and waits. Only a decision `allow` for this very question ends with 0. */
function ask(request: AskRequest | null, socketPath: string): Promise<Outcome> {
	if (!request) {
		return Promise.resolve({
			code: NOT_ALLOWED,
			outcome: 'failed',
			message:
				'this is not a session of a village (VILLAGE_ASK_SOCKET, VILLAGE_ASK_TOKEN and VILLAGE_SESSION_ID are set in one)'
		});
	}
	return new Promise((resolve) => {
		const socket = connect(socketPath);
		let held = '';
		let timer = setTimeout(() => fail('the session host does not answer'), TAKE_MS);

		let decided: Outcome | undefined;

		function end(reached: Outcome): void {
			// A decision that was confirmed stands: the host has written it down as done.
			const outcome = decided ?? reached;
			clearTimeout(timer);
			for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(name, onSignal);
			resolve(outcome);
			socket.destroy();
		}
		const fail = (message: string): void => end({ code: NOT_ALLOWED, outcome: 'failed', message });
		const onSignal = (): void => end({ code: NOT_ALLOWED, outcome: 'cancelled' });
		for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);

		function onLine(text: string): void {
			if (decided || socket.destroyed) return;
			const line = AskDown.parse(JSON.parse(text));
			if (line.t === 'error') return fail(line.message);
			if (line.approvalId !== request?.approvalId)
				return fail('an answer to another question came');
			if (line.t === 'pending') {
				clearTimeout(timer);
				const wait = Math.min(line.expiresAt - Date.now(), request.timeoutMs) + GRACE_MS;
				timer = setTimeout(() => end({ code: NOT_ALLOWED, outcome: 'expired' }), wait);
			} else if (line.t === 'ended') {
				const expired = line.reason === 'expired';
				end({
					code: NOT_ALLOWED,
					outcome: expired ? 'expired' : 'cancelled',
					message: line.reason
				});
			} else {
				const allowed = line.decision === 'allow';
				clearTimeout(timer);
				const outcome: Outcome = {
					code: allowed ? ALLOWED : DENIED,
					outcome: allowed ? 'allowed' : 'denied',
					...(line.message ? { message: line.message } : {})
				};
				decided = outcome;
				const confirmation = { t: 'applied', approvalId: request.approvalId };
				socket.end(`${JSON.stringify(confirmation)}\n`, () => end(outcome));
			}
		}

		socket.setEncoding('utf8');
		socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
		socket.on('data', (chunk) => {
			held += String(chunk);
			if (held.length > MAX_ASK_LINE) return fail('the answer is too long');
			try {
				for (let at = held.indexOf('\n'); at >= 0; at = held.indexOf('\n')) {
					const line = held.slice(0, at);
					held = held.slice(at + 1);
					onLine(line);
				}
			} catch {
				fail('the answer is malformed');
			}
		});
		socket.on('error', (error) => fail(error.message));
		socket.on('close', () => fail('the session host closed the connection'));
	});
}

/** A UUIDv7: sorts by time. */
function newId(now: number): string {
	const bytes = randomBytes(16);
	bytes.writeUIntBE(now, 0, 6);
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	const hex = bytes.toString('hex');
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		hex.slice(12, 16),
		hex.slice(16, 20),
		hex.slice(20)
	].join('-');
}
