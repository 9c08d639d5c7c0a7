// Everything a runner says to the server (control-plane.md 8.4).
import { z } from 'zod';
import { frameTypes, readFrame, type ReadResult, type Unnumbered } from '../envelope.ts';
import { Ack } from './ack.ts';
import { ApprovalApplied } from './approval-applied.ts';
import { ApprovalRequest } from './approval-request.ts';
import { ApprovalWithdrawn } from './approval-withdrawn.ts';
import { DiffTold } from './diff-told.ts';
import { ErrorFrame } from './error.ts';
import { Heartbeat } from './heartbeat.ts';
import { Hello } from './hello.ts';
import { HouseChecked } from './house-checked.ts';
import { HouseFacts } from './house-facts.ts';
import { Nack } from './nack.ts';
import { PatchTold } from './patch-told.ts';
import { RunnerBye } from './runner-bye.ts';
import { RunnerUpdate } from './runner-update.ts';
import { SessionAccepted } from './session-accepted.ts';
import { SessionExited } from './session-exited.ts';
import { SessionPaused } from './session-paused.ts';
import { SessionPhase } from './session-phase.ts';
import { SessionRejected } from './session-rejected.ts';
import { SessionResumed } from './session-resumed.ts';
import { SessionStarted } from './session-started.ts';
import { SessionUsage } from './session-usage.ts';
import { SessionWork } from './session-work.ts';
import { StreamGap } from './stream-gap.ts';
import { WorkspaceTold } from './workspace-told.ts';

/** One JSON frame from a runner. Unknown keys are dropped. */
export const RunnerFrames = z.discriminatedUnion('t', [
	Hello,
	Heartbeat,
	RunnerUpdate,
	RunnerBye,
	SessionAccepted,
	SessionRejected,
	SessionPhase,
	SessionStarted,
	SessionWork,
	SessionUsage,
	SessionPaused,
	SessionResumed,
	SessionExited,
	ApprovalRequest,
	ApprovalApplied,
	ApprovalWithdrawn,
	StreamGap,
	HouseFacts,
	HouseChecked,
	DiffTold,
	PatchTold,
	WorkspaceTold,
	Ack,
	Nack,
	ErrorFrame
]);
export type RunnerFrame = z.infer<typeof RunnerFrames>;

/** Frames of a runner that carry `seq` and arrive exactly once, in order. */
export type ReliableRunnerFrame = Extract<RunnerFrame, { seq: number; t: `${string}.${string}` }>;
/** One of those before it is numbered. */
export type RunnerMessage = Unnumbered<ReliableRunnerFrame>;

/** Answers that are not numbered: they belong to whoever asked on this very connection. */
export type RunnerAnswer = Extract<RunnerFrame, { t: `${string}_told` }>;

const TYPES = frameTypes(RunnerFrames.options);

/** Reads one text frame from a runner; never throws. */
export function readRunnerFrame(json: string): ReadResult<RunnerFrame> {
	return readFrame(RunnerFrames, TYPES, json);
}

/** Whether a frame is a reliable one. */
export function isReliableRunnerFrame(frame: RunnerFrame): frame is ReliableRunnerFrame {
	return frame.t.includes('.');
}
