// Gemini CLI: it has no check of being signed in that is not interactive, so nothing is said about it.
import { drivenCli } from './driven-cli.ts';

export const geminiCli = drivenCli({
	id: 'gemini_cli',
	level: 'L2',
	capabilities: {
		canAnswer: true,
		canSurviveRunnerRestart: true,
		canInterrupt: true,
		canSteer: false,
		reportsCost: false
	},
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
