import type { Driver } from './driver.ts';
import type { DriveSpec } from './spec.ts';

/** Each loaded only when it is needed: a session starts with one of them. */
export const DRIVERS: Record<DriveSpec['providerId'], () => Promise<Driver>> = {
	claude_code: async () => (await import('./claude-code/driver.ts')).driveClaudeCode,
	codex: async () => (await import('./codex/driver.ts')).driveCodex,
	opencode: async () => (await import('./opencode/driver.ts')).driveOpencode,
	gemini_cli: async () => (await import('./acp/driver.ts')).driveGemini
};
