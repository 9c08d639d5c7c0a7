// opencode: it works with many model providers and lists what it stored, which says nothing about keys in variables.
import { drivenCli } from './driven-cli.ts';

export const opencode = drivenCli({
	id: 'opencode',
	level: 'L3',
	capabilities: {
		canAnswer: true,
		canSurviveRunnerRestart: true,
		canInterrupt: true,
		canSteer: false,
		reportsCost: true
	},
	program: 'opencode',
	credentials: [
		'ANTHROPIC_API_KEY',
		'GEMINI_API_KEY',
		'OPENAI_API_KEY',
		'OPENCODE_CONFIG',
		'OPENCODE_CONFIG_DIR',
		// Where there is no way to the internet it waits for its list of models until it is told not to.
		'OPENCODE_DISABLE_MODELS_FETCH',
		'OPENROUTER_API_KEY'
	]
});
