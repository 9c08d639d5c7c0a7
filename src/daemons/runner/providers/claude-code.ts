// Claude Code: `claude auth status` tells whether it is signed in, as JSON.
import { ask } from './probe.ts';
import { drivenCli } from './driven-cli.ts';

const CREDENTIALS = [
	'ANTHROPIC_API_KEY',
	'ANTHROPIC_AUTH_TOKEN',
	'ANTHROPIC_BASE_URL',
	'CLAUDE_CODE_OAUTH_TOKEN',
	'CLAUDE_CONFIG_DIR'
];

/** Reads the answer of `claude auth status`; anything that is not the documented shape is `unknown`. */
export function readAuthStatus(output: string): 'ok' | 'missing' | 'unknown' {
	const json = /\{[\s\S]*\}/.exec(output)?.[0];
	if (!json) return 'unknown';
	try {
		const status = JSON.parse(json) as { loggedIn?: unknown };
		if (typeof status.loggedIn !== 'boolean') return 'unknown';
		return status.loggedIn ? 'ok' : 'missing';
	} catch {
		return 'unknown';
	}
}

export const claudeCode = drivenCli({
	id: 'claude_code',
	level: 'L3',
	capabilities: {
		canAnswer: true,
		canSurviveRunnerRestart: true,
		canInterrupt: true,
		canSteer: false,
		reportsCost: true
	},
	program: 'claude',
	credentials: CREDENTIALS,
	signIn: 'claude auth login',
	async signedIn(path, machine) {
		const answer = await ask(path, ['auth', 'status'], machine.env, CREDENTIALS);
		return answer.code === null ? 'unknown' : readAuthStatus(answer.output);
	}
});
