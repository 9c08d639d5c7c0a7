import type { DriveSpec } from './spec.ts';
import type { DriverSession } from './session.ts';

export interface DriverContext {
	spec: Omit<DriveSpec, 'providerId'>;
	session: DriverSession;
	/** Folder the agent works in. */
	cwd: string;
	/** The session's environment, which the agent gets too. */
	env: NodeJS.ProcessEnv;
	/** An id that is the same for one session and attempt, and a valid UUID. */
	conversationId: string;
	/** Folder of this attempt for files the driver makes; removed with the session. */
	folder: string;
}

/** How the agent ended, which is how the session ends. */
export interface DriverEnd {
	code: number | null;
	signal: NodeJS.Signals | null;
}

/** Runs one agent from its start to its end. Rejects only for faults of the driver itself. */
export type Driver = (context: DriverContext) => Promise<DriverEnd>;
