// opencode: it works with many model providers and lists what it stored, which says nothing about keys in variables.
import { terminalCli } from './terminal-cli.ts';

export const opencode = terminalCli({
	id: 'opencode',
	program: 'opencode',
	credentials: [
		'ANTHROPIC_API_KEY',
		'GEMINI_API_KEY',
		'OPENAI_API_KEY',
		'OPENCODE_CONFIG',
		'OPENROUTER_API_KEY'
	]
});
