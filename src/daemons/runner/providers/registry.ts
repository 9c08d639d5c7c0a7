// Every kind of agent this runner can start.
import type { ProviderReport } from '#protocol/runner/provider-report.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import { custom } from './custom.ts';
import { geminiCli } from './gemini-cli.ts';
import { omnara } from './omnara.ts';
import { opencode } from './opencode.ts';
import type { Machine, Provider } from './provider.ts';
import { scripted } from './scripted.ts';
import { shell } from './shell.ts';

export const ALL_PROVIDERS: readonly Provider[] = [
	claudeCode,
	codex,
	geminiCli,
	opencode,
	omnara,
	shell,
	custom,
	scripted
];

/** The provider of an id, or null. */
export function findProvider(id: string): Provider | null {
	return ALL_PROVIDERS.find((provider) => provider.id === id) ?? null;
}

/** What is installed here; all are asked at the same time. */
export async function detectProviders(machine: Machine): Promise<ProviderReport[]> {
	const reports = await Promise.all(ALL_PROVIDERS.map((provider) => provider.detect(machine)));
	return reports.filter((report) => report !== null);
}

/** Versions by provider id. */
export function runtimeVersions(reports: readonly ProviderReport[]): Record<string, string> {
	return Object.fromEntries(
		reports.flatMap((report) => (report.version ? [[report.id, report.version]] : []))
	);
}
