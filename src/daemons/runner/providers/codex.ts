// Codex: `codex login status` exits 0 when credentials are stored and 1 when not. It asks for those of OpenAI alone: who
// has set another model provider needs none of them.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ask } from './probe.ts';
import { drivenCli } from './driven-cli.ts';

const CREDENTIALS = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY', 'CODEX_HOME'];

/** Whether a `config.toml` names another model provider than OpenAI, above its first table or in one of its profiles. */
export function usesOtherProvider(config: string): boolean {
	const named = config.matchAll(/^[ \t]*model_provider[ \t]*=[ \t]*["']([^"'\n]{1,200})["']/gm);
	return [...named].some(([, name]) => name !== 'openai');
}

function configured(env: NodeJS.ProcessEnv): boolean {
	const home = env.CODEX_HOME ?? join(env.HOME ?? homedir(), '.codex');
	try {
		return usesOtherProvider(readFileSync(join(home, 'config.toml'), 'utf8'));
	} catch {
		return false;
	}
}

export const codex = drivenCli({
	id: 'codex',
	level: 'L3',
	capabilities: {
		canAnswer: true,
		canSurviveRunnerRestart: true,
		canInterrupt: true,
		canSteer: false,
		reportsCost: false
	},
	program: 'codex',
	credentials: CREDENTIALS,
	signIn: 'codex login',
	async signedIn(path, machine) {
		const answer = await ask(path, ['login', 'status'], machine.env, CREDENTIALS);
		if (answer.code === 0) return 'ok';
		if (answer.code !== 1 || !/not logged in/i.test(answer.output)) return 'unknown';
		return configured(machine.env) ? 'unknown' : 'missing';
	}
});
