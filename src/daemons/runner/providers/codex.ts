// Codex: `codex login status` exits 0 when credentials are stored and 1 when not.
import { ask } from './probe.ts';
import { drivenCli } from './driven-cli.ts';

const CREDENTIALS = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY', 'CODEX_HOME'];

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
		return answer.code === 1 && /not logged in/i.test(answer.output) ? 'missing' : 'unknown';
	}
});
