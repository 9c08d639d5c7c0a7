// Sessions, their placements, approvals, and the index of terminal bytes.
import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	customType,
	index,
	integer,
	jsonb,
	pgSequence,
	pgTable,
	primaryKey,
	smallint,
	text,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { ApprovalEffect, ApprovalStatus } from '#domain/approval.ts';
import type { Level, ProviderId } from '#domain/provider.ts';
import type {
	FailureClass,
	Phase,
	QueueReason,
	SessionSpec,
	SessionState,
	StopCause,
	Usage
} from '#domain/session.ts';
import type { ApprovalAction, ApprovalKind, Risk } from '#protocol/approval-words.ts';
import { agents } from './villages.ts';
import { at } from './columns.ts';

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
const offset = (name: string) => bigint(name, { mode: 'number' });

/** Stream ids of binary frames: one per attempt, never reused. */
export const streamIds = pgSequence('stream_ids', { startWith: 1 });

const ACTIVE = sql.raw(`('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN')`);

export const sessions = pgTable(
	'sessions',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id').notNull(),
		villageId: text('village_id'),
		houseId: text('house_id'),
		agentId: text('agent_id')
			.notNull()
			.references(() => agents.id),
		providerId: text('provider_id').$type<ProviderId>().notNull(),
		model: text('model'),
		mode: text('mode').$type<'pty' | 'structured'>().notNull().default('pty'),
		level: text('level').$type<Level>().notNull().default('L1'),
		task: text('task'),
		spec: jsonb('spec').$type<SessionSpec>().notNull(),
		envEnc: bytes('env_enc'),
		state: text('state').$type<SessionState>().notNull(),
		phase: text('phase').$type<Phase>().notNull(),
		queueReason: text('queue_reason').$type<QueueReason>(),
		rev: integer('rev').notNull().default(1),
		attempt: integer('attempt').notNull().default(0),
		runnerId: text('runner_id'),
		streamId: offset('stream_id'),
		runtimeVersion: text('runtime_version'),
		priority: smallint('priority').notNull().default(0),
		/** Nobody is asked: what no rule allows is denied. */
		unattended: boolean('unattended').notNull().default(false),
		onDeny: text('on_deny').$type<'continue' | 'stop'>().notNull().default('continue'),
		onRunnerLost: text('on_runner_lost')
			.$type<'wait' | 'reschedule' | 'fail'>()
			.notNull()
			.default('wait'),
		stopCause: text('stop_cause').$type<StopCause>(),
		stopReason: text('stop_reason'),
		stopRequestedAt: at('stop_requested_at'),
		createdBy: text('created_by').notNull(),
		timeoutMinutes: integer('timeout_minutes').notNull(),
		queuedAt: at('queued_at'),
		startedAt: at('started_at'),
		deadlineAt: at('deadline_at'),
		pausedAt: at('paused_at'),
		/** Who paused it; null while it is not paused. */
		pausedBy: text('paused_by'),
		pausedMs: offset('paused_ms').notNull().default(0),
		endedAt: at('ended_at'),
		exitCode: integer('exit_code'),
		exitSignal: text('exit_signal'),
		endReason: text('end_reason'),
		failureClass: text('failure_class').$type<FailureClass>(),
		usage: jsonb('usage').$type<Usage>().notNull(),
		branch: text('branch'),
		headSha: text('head_sha'),
		cols: integer('cols').notNull().default(80),
		rows: integer('rows').notNull().default(24),
		/** Where the bytes of the current attempt begin among the session's bytes. */
		termBase: offset('term_base').notNull().default(0),
		termNext: offset('term_next').notNull().default(0),
		inputNext: offset('input_next').notNull().default(0),
		connectivity: text('connectivity').$type<'ok' | 'lost'>().notNull().default('ok'),
		lostAt: at('lost_at'),
		dataExpired: boolean('data_expired').notNull().default(false),
		demo: boolean('demo').notNull().default(false),
		createdAt: at('created_at').notNull(),
		updatedAt: at('updated_at').notNull()
	},
	(t) => [
		uniqueIndex('sessions_active_agent')
			.on(t.agentId)
			.where(sql`state in ${ACTIVE}`),
		index('sessions_org_state').on(t.orgId, t.state),
		index('sessions_org_created').on(t.orgId, t.createdAt.desc()),
		index('sessions_runner_active')
			.on(t.runnerId)
			.where(sql`state in ${ACTIVE}`),
		index('sessions_queued')
			.on(t.queuedAt)
			.where(sql`state = 'QUEUED'`),
		index('sessions_deadline')
			.on(t.deadlineAt)
			.where(sql`state in ${ACTIVE}`),
		index('sessions_ended')
			.on(t.endedAt)
			.where(sql`not data_expired`),
		check(
			'sessions_state',
			sql`${t.state} in ('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN','COMPLETED','FAILED','TIMED_OUT','STOPPED')`
		)
	]
);

export const sessionAttempts = pgTable(
	'session_attempts',
	{
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		attempt: integer('attempt').notNull(),
		runnerId: text('runner_id').notNull(),
		streamId: offset('stream_id').notNull(),
		termBase: offset('term_base').notNull(),
		usage: jsonb('usage').$type<Usage>().notNull(),
		assignedAt: at('assigned_at').notNull(),
		acceptedAt: at('accepted_at'),
		startedAt: at('started_at'),
		endedAt: at('ended_at'),
		outcome: text('outcome'),
		excludedUntil: at('excluded_until')
	},
	(t) => [
		primaryKey({ columns: [t.sessionId, t.attempt] }),
		uniqueIndex('session_attempts_stream').on(t.streamId),
		uniqueIndex('session_attempts_live')
			.on(t.sessionId)
			.where(sql`ended_at is null`)
	]
);

export const approvals = pgTable(
	'approvals',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id').notNull(),
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		agentId: text('agent_id').notNull(),
		attempt: integer('attempt').notNull(),
		kind: text('kind').$type<ApprovalKind>().notNull().default('tool'),
		action: text('action').$type<ApprovalAction>().notNull(),
		risk: text('risk').$type<Risk>().notNull(),
		summary: text('summary').notNull(),
		details: jsonb('details').$type<unknown>(),
		tool: text('tool'),
		command: text('command'),
		cwd: text('cwd'),
		diff: text('diff'),
		paths: jsonb('paths').$type<string[]>(),
		options: jsonb('options').$type<{ id: string; label: string }[]>(),
		source: text('source').notNull().default('ask'),
		generation: integer('generation').notNull().default(1),
		status: text('status').$type<ApprovalStatus>().notNull().default('pending'),
		effect: text('effect').$type<ApprovalEffect>(),
		requestedAt: at('requested_at').notNull(),
		expiresAt: at('expires_at').notNull(),
		resolvedAt: at('resolved_at'),
		resolvedKind: text('resolved_kind').$type<
			'user' | 'terminal' | 'policy' | 'expiry' | 'system'
		>(),
		resolvedBy: text('resolved_by'),
		resolvedByName: text('resolved_by_name'),
		resolvedVia: text('resolved_via'),
		reason: text('reason'),
		answer: jsonb('answer').$type<unknown>(),
		/** What answered instead of a person; kept when the rule is gone. */
		ruleId: text('rule_id'),
		bypassId: text('bypass_id'),
		demo: boolean('demo').notNull().default(false)
	},
	(t) => [
		index('approvals_session').on(t.sessionId, t.status),
		index('approvals_org').on(t.orgId, t.status, t.requestedAt),
		index('approvals_pending')
			.on(t.expiresAt)
			.where(sql`status = 'pending'`)
	]
);

/**
 * Index of the segment files. Kinds as on the runner wire (1 terminal, 2 stderr, 3 raw lines, 4 time and size marks);
 * offsets are the session's, not the attempt's. The open segment's end is the size of its file.
 */
export const terminalSegments = pgTable(
	'terminal_segments',
	{
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		kind: smallint('kind').notNull(),
		startOffset: offset('start_offset').notNull(),
		/** null while the segment is still written. */
		endOffset: offset('end_offset'),
		file: text('file').notNull(),
		openedAt: at('opened_at').notNull(),
		sealedAt: at('sealed_at')
	},
	(t) => [primaryKey({ columns: [t.sessionId, t.kind, t.startOffset] })]
);

/** Bytes a runner declared lost. */
export const terminalGaps = pgTable(
	'terminal_gaps',
	{
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		kind: smallint('kind').notNull(),
		fromOffset: offset('from_offset').notNull(),
		toOffset: offset('to_offset').notNull(),
		reason: text('reason').notNull(),
		at: at('at').notNull()
	},
	(t) => [primaryKey({ columns: [t.sessionId, t.kind, t.fromOffset] })]
);

/** Accepted input over tRPC, REST and `/ws` that the runner has not acknowledged yet. */
export const terminalInput = pgTable(
	'terminal_input',
	{
		sessionId: text('session_id')
			.notNull()
			.references(() => sessions.id, { onDelete: 'cascade' }),
		attempt: integer('attempt').notNull(),
		startOffset: offset('start_offset').notNull(),
		data: bytes('data').notNull(),
		at: at('at').notNull()
	},
	(t) => [primaryKey({ columns: [t.sessionId, t.attempt, t.startOffset] })]
);
