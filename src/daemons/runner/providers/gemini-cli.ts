// Gemini CLI: it has no check of being signed in that is not interactive, so nothing is said about it.
import { terminalCli } from './terminal-cli.ts';

export const geminiCli = terminalCli({
	id: 'gemini_cli',
	program: 'gemini',
	credentials: [
		'GEMINI_API_KEY',
		'GOOGLE_API_KEY',
		'GOOGLE_APPLICATION_CREDENTIALS',
		'GOOGLE_CLOUD_LOCATION',
		'GOOGLE_CLOUD_PROJECT',
		'GOOGLE_GEMINI_BASE_URL',
		'GOOGLE_GENAI_USE_VERTEXAI'
	]
});
