// `village runner join | start | status | drain | leave`: a machine that runs sessions.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { askRunner, RunnerStatus } from '#daemons/runner/control.ts';
import { EnrolError, joinVillage, villageUrl } from '#daemons/runner/enrol.ts';
import { detectProviders } from '#daemons/runner/providers/registry.ts';
import { runRunner } from '#daemons/runner/run.ts';
import { selfTest } from '#daemons/runner/self-test.ts';
import { openStateDir } from '#daemons/runner/state-dir.ts';
import { packageVersion as versionOfProgram } from '#server/package-root.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 64;

const HELP = `Usage: village runner COMMAND [options]

Commands:
  join URL CODE   enrol this machine with a one-use code; CODE may be - (standard input)
  start           run the runner in the foreground; sessions survive its end
  status          tell what the runner of this machine does
  drain           take no new session; the runner ends when the last one has ended
  leave           as drain, then give up this machine's place

Options:
  --data-dir DIR        folder of the runner (default: $VILLAGE_RUNNER_DIR or ~/.village-runner)
  --token-file FILE     join: read CODE from a file
  --capacity N          join: sessions at the same time, 1..100 (default 5)
  --feature WORD        join: a word sessions may ask for, such as gpu (may be repeated)
  --allow-local DIR     join, start: houses may use folders below DIR (may be repeated)
  --stop-sessions       start: stop the sessions when the runner ends
  --json                print facts as one line of JSON
  --help                show this text

Exit codes: 0 done, 1 failed, 3 another runner works in the folder, 4 the server refused the runner for good,
64 wrong usage.
`;

/** How `village runner …` is called, read from its words. */
interface Call {
	command: string;
	words: string[];
	dataDir: string;
	json: boolean;
	tokenFile?: string;
	capacity?: number;
	features: string[];
	allowLocal: string[];
	stopSessions: boolean;
}

/** Runs a subcommand; returns the exit code. */
export async function run(argv: string[]): Promise<number> {
	let call: Call | null;
	try {
		call = parse(argv);
	} catch (error) {
		process.stderr.write(`village runner: ${messageOf(error)}\nTry: village runner --help\n`);
		return USAGE;
	}
	if (!call) {
		process.stdout.write(HELP);
		return OK;
	}
	switch (call.command) {
		case 'join':
			return join_(call);
		case 'start':
			return start(call);
		case 'status':
			return status(call);
		case 'drain':
		case 'leave':
			return end(call, call.command);
		default:
			process.stderr.write(HELP);
			return USAGE;
	}
}

function parse(argv: string[]): Call | null {
	const { values, positionals } = parseArgs({
		args: argv,
		allowPositionals: true,
		options: {
			'data-dir': { type: 'string' },
			'token-file': { type: 'string' },
			capacity: { type: 'string' },
			feature: { type: 'string', multiple: true },
			'allow-local': { type: 'string', multiple: true },
			'stop-sessions': { type: 'boolean' },
			json: { type: 'boolean' },
			help: { type: 'boolean' }
		}
	});
	if (values.help) return null;
	const [command = '', ...words] = positionals;
	const capacity = values.capacity === undefined ? undefined : Number(values.capacity);
	if (capacity !== undefined && !(Number.isInteger(capacity) && capacity >= 1 && capacity <= 100))
		throw new Error('--capacity is a number from 1 to 100');
	const features = values.feature ?? [];
	for (const one of features)
		if (!/^[a-z0-9._-]{1,40}$/.test(one))
			throw new Error(`--feature ${one} is not a word of a-z 0-9 . _ -`);
	return {
		command,
		words,
		dataDir: resolve(
			values['data-dir'] ?? process.env.VILLAGE_RUNNER_DIR ?? join(homedir(), '.village-runner')
		),
		json: values.json ?? false,
		...(values['token-file'] === undefined ? {} : { tokenFile: values['token-file'] }),
		...(capacity === undefined ? {} : { capacity }),
		features,
		allowLocal: (values['allow-local'] ?? []).map((dir) => resolve(dir)),
		stopSessions: values['stop-sessions'] ?? false
	};
}

async function join_(call: Call): Promise<number> {
	const [typed, argument] = call.words;
	if (typed === undefined || (argument === undefined && call.tokenFile === undefined)) {
		process.stderr.write('village runner join: it needs the URL of a village and a CODE\n');
		return USAGE;
	}
	const state = openStateDir(call.dataDir);
	if (state.readIdentity()) {
		process.stderr.write(
			`village runner join: ${state.root} holds a runner already; run "village runner leave" or use another --data-dir\n`
		);
		return FAILED;
	}
	const version = versionOfProgram();
	try {
		const url = villageUrl(typed);
		const code = readCode(call, argument);
		const { runnerId, credential, wsUrl } = await joinVillage(url, code, {
			runnerVersion: version,
			...(call.capacity === undefined ? {} : { capacity: call.capacity }),
			...(call.features.length > 0 ? { features: call.features } : {})
		});
		state.writeIdentity({
			runnerId,
			credential,
			wsUrl,
			serverUrl: url.origin,
			capacity: call.capacity ?? 5,
			features: call.features,
			allowLocal: call.allowLocal
		});
		const [providers, checks] = await Promise.all([
			detectProviders({ env: process.env, program: program() }),
			selfTest(process.env, state.root)
		]);
		const ok = checks.every((check) => check.ok);
		if (call.json)
			print({ runnerId, serverUrl: url.origin, dataDir: state.root, providers, checks, ok });
		else {
			process.stdout.write(`Joined ${url.origin} as ${runnerId}\n\nFound here:\n`);
			for (const one of providers)
				process.stdout.write(
					`  ${one.id.padEnd(12)} ${(one.version ?? '').padEnd(12)} ${signInWords(one.auth)}${one.missing ? ` (run: ${one.missing.join(', ')})` : ''}\n`
				);
			process.stdout.write('\nSelf-test:\n');
			for (const one of checks)
				process.stdout.write(
					`  ${one.ok ? 'ok    ' : 'FAILED'} ${one.name.padEnd(8)} ${one.detail}\n`
				);
			process.stdout.write(`\nNext: village runner start --data-dir ${state.root}\n`);
		}
		return OK;
	} catch (error) {
		if (!(error instanceof EnrolError)) throw error;
		if (call.json) print({ error: { code: error.code, message: error.message } });
		else process.stderr.write(`village runner join: ${error.message}\n`);
		return FAILED;
	}
}

function readCode(call: Call, argument: string | undefined): string {
	let text = argument ?? '';
	try {
		if (call.tokenFile !== undefined) text = readFileSync(call.tokenFile, 'utf8');
		else if (argument === '-') text = readFileSync(0, 'utf8');
	} catch (error) {
		throw new EnrolError('NO_CODE', `the code cannot be read: ${messageOf(error)}`);
	}
	const code = text.trim();
	// It travels in a header: anything else would break out of it.
	if (!/^[A-Za-z0-9_.~-]{1,500}$/.test(code))
		throw new EnrolError('NO_CODE', 'this is not a join code');
	return code;
}

function signInWords(auth: string): string {
	if (auth === 'ok') return 'ready';
	return auth === 'missing' ? 'not signed in' : 'sign-in unknown';
}

async function start(call: Call): Promise<number> {
	const state = openStateDir(call.dataDir);
	const identity = state.readIdentity();
	if (identity && call.allowLocal.length > 0)
		state.writeIdentity({
			...identity,
			allowLocal: [...new Set([...identity.allowLocal, ...call.allowLocal])]
		});
	const abort = new AbortController();
	let asked = 0;
	const onSignal = () => {
		asked++;
		abort.abort();
		// A second one means now: the session host keeps what runs.
		if (asked > 1) process.exit(130);
	};
	process.on('SIGTERM', onSignal);
	process.on('SIGINT', onSignal);
	const tell = (text: string, facts: object) =>
		call.json ? print(facts) : void process.stdout.write(`${text}\n`);
	const ended = await runRunner({
		dataDir: call.dataDir,
		program: program(),
		hostProgram: (dir, socketPath) => [
			...program(),
			'session-host',
			'--dir',
			dir,
			'--socket',
			socketPath
		],
		signal: abort.signal,
		stopSessions: () => call.stopSessions,
		version: versionOfProgram(),
		onReady: (status) =>
			tell(`Runner ${status.runnerId} is connected to ${status.serverUrl}`, {
				event: 'ready',
				...status
			}),
		onNote: (message) => void process.stderr.write(`${new Date().toISOString()} ${message}\n`)
	});
	process.off('SIGTERM', onSignal);
	process.off('SIGINT', onSignal);
	if (ended.exitCode !== OK) process.stderr.write(`village runner: ${ended.reason}\n`);
	else tell(`The runner has ended: ${ended.reason}`, { event: 'ended', reason: ended.reason });
	return ended.exitCode;
}

async function status(call: Call): Promise<number> {
	const state = openStateDir(call.dataDir);
	const found = RunnerStatus.safeParse(
		await askRunner(state.socketPath('runner'), { do: 'status' })
	);
	if (!found.success) {
		const joined = state.readIdentity() !== null;
		if (call.json) print({ running: false, joined, dataDir: state.root });
		else
			process.stdout.write(
				joined ? 'The runner is not running.\n' : 'This machine has not joined a village.\n'
			);
		return FAILED;
	}
	const one = found.data;
	if (call.json) print({ running: true, dataDir: state.root, ...one });
	else {
		process.stdout.write(
			`${one.runnerId}: ${one.connected ? 'connected to' : 'not connected to'} ${one.serverUrl}\n` +
				`mode ${one.mode}, ${one.sessions.length} of ${one.capacity} sessions, process ${one.pid}, since ${one.startedAt}\n`
		);
		for (const { id, version, auth } of one.providers)
			process.stdout.write(
				`  ${id.padEnd(12)} ${(version ?? '').padEnd(12)} ${signInWords(auth)}\n`
			);
	}
	return OK;
}

async function end(call: Call, what: 'drain' | 'leave'): Promise<number> {
	const state = openStateDir(call.dataDir);
	const answer = RunnerStatus.safeParse(await askRunner(state.socketPath('runner'), { do: what }));
	if (answer.success) {
		const left = answer.data.sessions.length;
		if (call.json) print({ draining: true, sessions: answer.data.sessions });
		else
			process.stdout.write(
				left === 0
					? 'The runner ends.\n'
					: `The runner ends when its ${left} sessions have ended.\n`
			);
		return OK;
	}
	if (what === 'leave' && state.readIdentity()) {
		state.removeIdentity();
		if (call.json) print({ left: true });
		else
			process.stdout.write(
				'The credential of this machine is deleted. Remove the runner on the page "Runners" of the village, too.\n'
			);
		return OK;
	}
	process.stderr.write(`village runner ${what}: no runner is running in ${state.root}\n`);
	return FAILED;
}

/** How this very program is started. */
function program(): string[] {
	const entry = process.argv[1] ?? '';
	return [process.execPath, isAbsolute(entry) ? entry : resolve(entry)];
}

function print(facts: object): void {
	process.stdout.write(`${JSON.stringify(facts)}\n`);
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
