// Runners: what they report and how their status is told (control-plane.md 6.2). Pure.
import type { Level } from './provider.ts';

/** What a runner found of one agent CLI. */
export interface ProviderReport {
	id: string;
	version?: string | undefined;
	path?: string | undefined;
	level: Level;
	auth: 'ok' | 'missing' | 'unknown';
	missing?: string[] | undefined;
	capabilities?:
		| {
				canAnswer: boolean;
				canSurviveRunnerRestart: boolean;
				canInterrupt: boolean;
				canSteer: boolean;
				reportsCost: boolean;
		  }
		| undefined;
}

/** Percentages 0..100. */
export interface RunnerLoad {
	cpuPercent: number;
	memoryPercent: number;
	diskPercent: number;
}

export type RunnerMode = 'active' | 'draining' | 'maintenance';
export type RunnerStatus = 'online' | 'offline' | 'draining' | 'maintenance';

/** No frame for this long means offline. */
export const HEARTBEAT_TIMEOUT_MS = 30_000;
export const HEARTBEAT_EVERY_MS = 10_000;

/** Two independent facts make the status people see: the connection, and what people asked for. */
export function runnerStatus(connected: boolean, mode: RunnerMode): RunnerStatus {
	if (!connected) return 'offline';
	return mode === 'active' ? 'online' : mode;
}
