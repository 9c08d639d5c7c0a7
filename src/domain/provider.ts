// What kinds of agents exist, and how much is known about each (shared vocabulary of runner, server and pages).

/** Every provider id that may appear on a wire. `scripted` is the deterministic agent of the demo and the tests. */
export const PROVIDERS = [
	'claude_code',
	'codex',
	'gemini_cli',
	'opencode',
	'omnara',
	'shell',
	'custom',
	'scripted'
] as const;
export type ProviderId = (typeof PROVIDERS)[number];

/** Whether a string names a provider; an unknown one is `INVALID_PROVIDER`, not a validation error. */
export function isProvider(value: string): value is ProviderId {
	return (PROVIDERS as readonly string[]).includes(value);
}

/** Whether what is typed is read as a prompt; a shell would run it, line by line. */
export const takesPrompts = (providerId: string) => providerId !== 'shell';

/** L3: native terminal and a structured side channel; L2: structured; L1: terminal only. */
export type Level = 'L1' | 'L2' | 'L3';
