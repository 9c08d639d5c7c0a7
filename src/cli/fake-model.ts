// `village fake-model`: a model server on this machine that says what a file says.
import { appendFileSync, openSync, readFileSync, closeSync } from 'node:fs';
import { openFakeModel, type Told } from '#daemons/fake-model/server.ts';
import { ModelScenario } from '#protocol/model/scenario.ts';
import { watchSignals } from './signals.ts';
import {
	command,
	CommandError,
	EXIT,
	print,
	printJson,
	readArgs,
	readNumber,
	UsageError
} from './usage.ts';

export const help = `Usage: village fake-model --scenario FILE [options]

A model server on this machine that says what a file says, so that agent programs run without an account and without
a network. It speaks the Anthropic Messages API, the OpenAI Responses API and the Gemini API, on the loopback address alone.

Options:
  --scenario FILE  what the model says, as JSON (docs/fake-model.md)
  --port N         where to listen, 0..65535 (default 0: a free port)
  --record FILE    write each request into FILE, one JSON a line, bodies included
  --json           print the address as one line of JSON
  --help           show this text

Exit codes: 0 stopped, 1 failed, 64 wrong usage.
`;

/** Serves until a signal; returns the exit code. */
export function run(argv: string[]): Promise<number> {
	return command('fake-model', async () => {
		const { values } = readArgs(argv, {
			scenario: { type: 'string' },
			port: { type: 'string' },
			record: { type: 'string' },
			json: { type: 'boolean' }
		});
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		if (values.scenario === undefined) throw new UsageError('--scenario FILE is needed');
		const port = readNumber('--port', values.port ?? '0', 0, 65_535);
		const scenario = readScenario(values.scenario);
		const recorder = values.record === undefined ? null : openRecorder(values.record);
		const model = await openFakeModel({
			scenario,
			port,
			...(recorder ? { tell: recorder.write, bodies: true } : {})
		});
		const signals = watchSignals(() => process.exit(EXIT.failed));
		const { url } = model;
		if (values.json) printJson({ ready: true, url, port: model.port, pid: process.pid });
		else
			print(
				[
					`${scenario.title}: ${url}`,
					`  Claude Code  ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=any`,
					`  Codex        a provider with base_url="${url}/v1" and wire_api="responses"`,
					`  Gemini CLI   GOOGLE_GEMINI_BASE_URL=${url} GEMINI_API_KEY=any`
				].join('\n')
			);
		await signals.first;
		await model.close();
		signals.close();
		recorder?.close();
		return EXIT.ok;
	});
}

/** Throws `UsageError` with what is wrong in the file. */
function readScenario(file: string): ModelScenario {
	let value: unknown;
	try {
		value = JSON.parse(readFileSync(file, 'utf8'));
	} catch (error) {
		throw new UsageError(`${file}: ${error instanceof Error ? error.message : 'not readable'}`);
	}
	const parsed = ModelScenario.safeParse(value);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	throw new UsageError(`${file}: ${issue?.path.join('.') || 'scenario'}: ${issue?.message}`);
}

/** Bodies hold what a program was given to read: the file is for its owner alone. */
function openRecorder(file: string) {
	let fd: number;
	try {
		fd = openSync(file, 'a', 0o600);
	} catch (error) {
		throw new CommandError(EXIT.failed, error instanceof Error ? error.message : String(error));
	}
	return {
		write: (told: Told) => appendFileSync(fd, `${JSON.stringify(told)}\n`),
		close: () => closeSync(fd)
	};
}
