// Everything the server says to a runner (control-plane.md 8.5).
import { z } from 'zod';
import { frameTypes, readFrame, type ReadResult, type Unnumbered } from '../envelope.ts';
import { Ack } from './ack.ts';
import { ApprovalDecision } from './approval-decision.ts';
import { CredentialsRotate } from './credentials-rotate.ts';
import { DiffAsk } from './diff-ask.ts';
import { ErrorFrame } from './error.ts';
import { HeartbeatAck } from './heartbeat-ack.ts';
import { HouseCheck } from './house-check.ts';
import { Nack } from './nack.ts';
import { PatchAsk } from './patch-ask.ts';
import { RunnerActivate } from './runner-activate.ts';
import { RunnerDrain } from './runner-drain.ts';
import { RunnerMaintenance } from './runner-maintenance.ts';
import { SessionDiscard } from './session-discard.ts';
import { SessionPause } from './session-pause.ts';
import { SessionResize } from './session-resize.ts';
import { SessionResume } from './session-resume.ts';
import { SessionStart } from './session-start.ts';
import { SessionStop } from './session-stop.ts';
import { Welcome } from './welcome.ts';
import { WorkspaceAsk } from './workspace-ask.ts';

/** One JSON frame from the server. Unknown keys are dropped. */
export const ServerFrames = z.discriminatedUnion('t', [
	Welcome,
	HeartbeatAck,
	SessionStart,
	SessionStop,
	SessionPause,
	SessionResume,
	SessionResize,
	SessionDiscard,
	ApprovalDecision,
	RunnerDrain,
	RunnerActivate,
	RunnerMaintenance,
	CredentialsRotate,
	HouseCheck,
	DiffAsk,
	PatchAsk,
	WorkspaceAsk,
	Ack,
	Nack,
	ErrorFrame
]);
export type ServerFrame = z.infer<typeof ServerFrames>;

/** Frames of the server that carry `seq` and arrive exactly once, in order. */
export type ReliableServerFrame = Extract<ServerFrame, { seq: number; t: `${string}.${string}` }>;
/** One of those before it is numbered. */
export type ServerMessage = Unnumbered<ReliableServerFrame>;

/** Questions that are not numbered: they are answered on this very connection, or not at all. */
export type ServerQuestion = Extract<ServerFrame, { t: `${string}_ask` }>;

const TYPES = frameTypes(ServerFrames.options);

/** Reads one text frame from the server; never throws. */
export function readServerFrame(json: string): ReadResult<ServerFrame> {
	return readFrame(ServerFrames, TYPES, json);
}

/** Whether a frame is a reliable one. */
export function isReliableServerFrame(frame: ServerFrame): frame is ReliableServerFrame {
	return frame.t.includes('.');
}

/** Whether a frame is a question. */
export function isServerQuestion(frame: ServerFrame): frame is ServerQuestion {
	return frame.t.endsWith('_ask');
}
