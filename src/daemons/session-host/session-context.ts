import type { HostDown } from '#protocol/host/down.ts';
import type { OutputKind } from '#protocol/host/limits.ts';
import type { PtyBinding } from './binding.ts';
import type { ProcessTable } from './processes.ts';
import type { StopTimes } from './stopper.ts';

/** Which attempt of which session. */
export interface SessionKey {
	sessionId: string;
	attempt: number;
}

/** What a session needs of its host. */
export interface SessionContext {
	/** The host's folder. */
	dir: string;
	bootId: string;
	table: ProcessTable;
	/** The native PTY binding, loaded at the first use. */
	native(): { pty: PtyBinding; helperPath: string };
	times: StopTimes;
	/** Sizes of the spool in bytes, other than the defaults. */
	spool: { limit?: number; segmentBytes?: number; keepBytes?: number };
	/** Sessions that have not ended. */
	live(): number;
	/** Variables that only the host can give: where and with what to ask. */
	sessionEnv(key: SessionKey): Record<string, string>;
	/** Tells the runner; forgotten when none is there, the next welcome says it again. */
	emit(message: HostDown): void;
	/** A frame was written to the spool; true when its memory is still read after the call. */
	offer(streamId: number, kind: OutputKind, offset: number, frame: Buffer): boolean;
	/** The session's processes are gone and its output is complete. */
	onEnded(key: SessionKey): void;
}
