// Rows for tests of what is shown: whole and plausible, each field can be changed.
import { DEFAULT_LIMITS } from '#domain/limits.ts';
import { NO_USAGE } from '#domain/session.ts';
import type { Role } from '#domain/permissions.ts';
import type { ApprovalView, SessionView, VillageState } from '#domain/views.ts';
import type { Me } from '#lib/state/workspace.svelte.ts';

const AT = '2026-03-01T10:00:00.000Z';
const LATER = '2099-03-01T10:15:00.000Z';

export function approvalRow(fields: Partial<ApprovalView> = {}): ApprovalView {
	return {
		id: 'a1',
		sessionId: 's1',
		agentId: 'g1',
		agentName: 'Juniper',
		houseName: 'bakery',
		kind: 'action',
		action: 'merge',
		risk: 'high',
		summary: 'Merge PR 123?',
		details: null,
		tool: null,
		command: 'git merge pr-123',
		cwd: '/srv/bakery',
		diff: null,
		paths: null,
		options: null,
		source: 'ask',
		generation: 1,
		status: 'pending',
		effect: null,
		requestedAt: AT,
		expiresAt: LATER,
		resolvedAt: null,
		resolvedBy: null,
		reason: null,
		ruleId: null,
		bypassId: null,
		demo: false,
		...fields
	};
}

export function sessionRow(fields: Partial<SessionView> = {}): SessionView {
	return {
		id: 's1',
		orgId: 'o1',
		villageId: 'v1',
		houseId: 'h1',
		houseName: 'bakery',
		agentId: 'g1',
		agentName: 'Juniper',
		providerId: 'shell',
		model: null,
		mode: 'pty',
		level: 'L1',
		task: 'Fix the oven',
		taskSummary: 'Fix the oven',
		command: null,
		repo: null,
		state: 'RUNNING',
		phase: 'live',
		queueReason: null,
		rev: 1,
		attempt: 1,
		runnerId: 'r1',
		runnerName: 'local',
		runtimeVersion: null,
		createdBy: 'u1',
		createdByName: 'Ada',
		createdAt: AT,
		queuedAt: AT,
		startedAt: AT,
		pausedByName: null,
		endedAt: null,
		deadlineAt: LATER,
		timeoutMinutes: 60,
		activeMs: 0,
		exitCode: null,
		exitSignal: null,
		endReason: null,
		failureClass: null,
		pendingApprovals: [],
		unattended: false,
		usage: NO_USAGE,
		eventSeq: 1,
		connectivity: 'ok',
		dataExpired: false,
		demo: false,
		...fields
	};
}

export function villageState(fields: Partial<VillageState> = {}): VillageState {
	return {
		village: { id: 'v1', orgId: 'o1', name: 'Test', seed: 's', layoutVersion: 1 },
		houses: [],
		agents: [],
		runners: [],
		sessions: [],
		approvals: [],
		bypasses: [],
		people: [],
		checklist: { dismissed: true, steps: [] },
		hasDemo: false,
		cursor: 10,
		...fields
	};
}

export function meAs(role: Role): Me {
	return {
		user: { id: 'u1', name: 'Ada', email: null, isAdmin: false, hasPassword: false },
		orgs: [{ id: 'o1', name: 'Test', role, approve: null, limits: DEFAULT_LIMITS }]
	};
}
