// What a runner's connection is made of.
import { HEARTBEAT_EVERY_MS, HEARTBEAT_TIMEOUT_MS } from '#domain/runner.ts';
import type { Approvals } from '#server/approvals/service.ts';
import type { Clock } from '#server/clock.ts';
import type { Database } from '#server/db/open.ts';
import type { EventLog } from '#server/events/log.ts';
import type { Logger } from '#server/log.ts';
import type { SessionFrames } from '#server/sessions/frames.ts';
import type { Transition } from '#server/sessions/transition.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { HouseChecks } from '#server/villages/checks.ts';
import type { Questions } from '#server/workspaces/questions.ts';
import type { RunnerLinks } from './links.ts';
import type { Runners } from './service.ts';

/** A websocket, as this module needs it. */
export interface Wire {
	send(data: string | Uint8Array): void;
	close(code: number, reason: string): void;
	/** Stop or go on reading. */
	pause(): void;
	resume(): void;
	readonly backlog: number;
}

export interface RunnerTimings {
	helloMs: number;
	heartbeatMs: number;
	timeoutMs: number;
	/** A closed connection may come back this long before the runner counts as away. */
	graceMs: number;
	ackMs: number;
}

export const DEFAULT_RUNNER_TIMINGS: RunnerTimings = {
	helloMs: 5_000,
	heartbeatMs: HEARTBEAT_EVERY_MS,
	timeoutMs: HEARTBEAT_TIMEOUT_MS,
	graceMs: 3_000,
	ackMs: 10
};

export interface ConnectionDeps {
	database: Database;
	clock: Clock;
	log: EventLog;
	logger: Logger;
	serverId: string;
	links: RunnerLinks;
	runners: Runners;
	frames: SessionFrames;
	approvals: Approvals;
	terminals: Terminals;
	transition: Transition;
	houseChecks: HouseChecks;
	questions: Questions;
	timings: RunnerTimings;
	onRejected?: (code: string) => void;
}
