// A session, as answers below `/api` carry it.
import { z } from 'zod';
import { Id, Offset, Time } from '../envelope.ts';
import { FAILURE_CLASSES, PHASES, QUEUE_REASONS, SESSION_STATES } from '../session-words.ts';
import { Approval } from './approval.ts';
import { Usage } from './usage.ts';

export const Session = z.object({
	id: Id,
	orgId: Id,
	villageId: Id.nullable(),
	houseId: Id.nullable(),
	houseName: z.string().nullable(),
	agentId: Id,
	agentName: z.string(),
	providerId: z.string(),
	model: z.string().nullable(),
	mode: z.enum(['pty', 'structured']),
	level: z.enum(['L1', 'L2', 'L3']),
	task: z.string().nullable(),
	taskSummary: z.string(),
	command: z.string().nullable(),
	repo: z.object({ url: z.string(), branch: z.string(), commit: z.string().nullable() }).nullable(),
	state: z.enum(SESSION_STATES),
	phase: z.enum(PHASES),
	queueReason: z.enum(QUEUE_REASONS).nullable(),
	rev: z.number().int(),
	attempt: z.number().int().min(0),
	runnerId: Id.nullable(),
	runnerName: z.string().nullable(),
	runtimeVersion: z.string().nullable(),
	createdBy: z.string(),
	createdByName: z.string().nullable(),
	createdAt: Time,
	queuedAt: Time.nullable(),
	startedAt: Time.nullable(),
	pausedByName: z.string().nullable(),
	endedAt: Time.nullable(),
	deadlineAt: Time.nullable(),
	timeoutMinutes: z.number().int(),
	activeMs: z.number().min(0),
	exitCode: z.number().int().nullable(),
	exitSignal: z.string().nullable(),
	endReason: z.string().nullable(),
	failureClass: z.enum(FAILURE_CLASSES).nullable(),
	pendingApprovals: z.array(Approval),
	unattended: z.boolean(),
	usage: Usage,
	eventSeq: z.number().int().min(0),
	connectivity: z.enum(['ok', 'lost']),
	dataExpired: z.boolean(),
	demo: z.boolean()
});
export type Session = z.infer<typeof Session>;

/** One session asked for by itself: also where its output begins and ends. */
export const SessionDetail = Session.extend({
	terminal: z.object({ firstOffset: Offset, nextOffset: Offset })
});
export type SessionDetail = z.infer<typeof SessionDetail>;
