// The real agent programs for a village of their own: a folder of commands, a home that knows the fake model, nothing of a person's.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureCli, vendors } from '../../scripts/conformance/clis.js';
import { PROGRAM, userEnvironment } from '../village.ts';

/** What each program is called on the command line, and as a provider. */
export const AGENTS = {
	claude: { command: 'claude', providerId: 'claude_code' },
	codex: { command: 'codex', providerId: 'codex' },
	gemini: { command: 'gemini', providerId: 'gemini_cli' },
	opencode: { command: 'opencode', providerId: 'opencode' }
} as const;
export type Vendor = keyof typeof AGENTS;

/** The programs to be tried: all, or those named in `VILLAGE_AGENTS`, separated by commas. */
export function chosenAgents(): Vendor[] {
	const only = process.env.VILLAGE_AGENTS?.split(',');
	return vendors().filter((vendor) => only?.includes(vendor) ?? true);
}

/** Writes one command per program into a folder. Installs what is not in the cache. */
export async function installAgents(dir: string): Promise<void> {
	mkdirSync(dir, { recursive: true });
	for (const vendor of chosenAgents()) {
		const { argv } = await ensureCli(vendor);
		const file = join(dir, AGENTS[vendor].command);
		writeFileSync(file, `#!/bin/sh\nexec ${argv.map((word) => `'${word}'`).join(' ')} "$@"\n`);
		chmodSync(file, 0o755);
	}
}

/** Starts the fake model with a scenario. */
export async function startModel(
	scenarioFile: string,
	scenario: object
): Promise<{ url: string; stop(): void }> {
	writeFileSync(scenarioFile, JSON.stringify(scenario));
	const model = spawn(
		process.execPath,
		[PROGRAM, 'fake-model', '--json', '--scenario', scenarioFile],
		{ env: userEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] }
	);
	const url = await new Promise<string>((resolve, reject) => {
		createInterface({ input: model.stdout }).once('line', (line) =>
			resolve((JSON.parse(line) as { url: string }).url)
		);
		model.once('exit', (code) => reject(new Error(`the fake model ended with ${code}`)));
	});
	return { url, stop: () => void model.kill() };
}

/**
 * The environment of a person who has set the programs up before: first-run questions answered, repositories trusted,
 * and the fake model as the vendor's address.
 */
export function personOf(
	home: string,
	bin: string,
	modelUrl: string,
	repositories: string[]
): Record<string, string> {
	const write = (path: string, content: string) => {
		const file = join(home, path);
		mkdirSync(join(file, '..'), { recursive: true });
		writeFileSync(file, content);
		return file;
	};
	const trusted = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
	write(
		'.claude.json',
		JSON.stringify({
			hasCompletedOnboarding: true,
			theme: 'dark',
			customApiKeyResponses: { approved: ['any-key'], rejected: [] },
			projects: Object.fromEntries(repositories.map((path) => [path, trusted]))
		})
	);
	write(
		'.codex/config.toml',
		[
			'model_provider = "fake"',
			'[model_providers.fake]',
			'name = "fake"',
			`base_url = "${modelUrl}/v1"`,
			'wire_api = "responses"',
			'env_key = "OPENAI_API_KEY"',
			...repositories.flatMap((path) => [`[projects."${path}"]`, 'trust_level = "trusted"']),
			''
		].join('\n')
	);
	write(
		'.gemini/settings.json',
		JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } })
	);
	const opencode = write(
		'opencode.json',
		JSON.stringify({
			model: 'anthropic/claude-sonnet-4-5',
			provider: { anthropic: { options: { baseURL: `${modelUrl}/v1`, apiKey: 'any' } } },
			autoupdate: false,
			share: 'disabled'
		})
	);
	return {
		HOME: home,
		PATH: [bin, process.env.PATH ?? ''].join(delimiter),
		ANTHROPIC_BASE_URL: modelUrl,
		ANTHROPIC_API_KEY: 'any-key',
		CODEX_HOME: join(home, '.codex'),
		OPENAI_API_KEY: 'any-key',
		GOOGLE_GEMINI_BASE_URL: modelUrl,
		GEMINI_API_KEY: 'any-key',
		OPENCODE_CONFIG: opencode,
		OPENCODE_DISABLE_MODELS_FETCH: '1'
	};
}
