// Rows for tests of the village page: whole, valid, and easy to vary.
import { FRESH_MOOD } from '#domain/mood.ts';
import type { AgentRow, ApprovalView, HouseRow, PersonRow, RunnerView } from '#domain/views.ts';

const AT = '2026-03-01T12:00:00.000Z';

export function houseRow(id: string, more: Partial<HouseRow> = {}): HouseRow {
	return {
		id,
		villageId: 'meadow',
		name: id,
		source: 'git_url',
		url: `https://git.example.org/${id}.git`,
		localPath: null,
		runnerId: null,
		defaultBranch: 'main',
		language: 'TypeScript',
		files: 42,
		readiness: 'ready',
		readinessNote: null,
		x: null,
		y: null,
		demo: false,
		createdAt: AT,
		...more
	};
}

export function agentRow(id: string, more: Partial<AgentRow> = {}): AgentRow {
	return {
		id,
		villageId: 'meadow',
		name: id,
		houseId: null,
		provider: 'shell',
		state: 'idle',
		stateSince: AT,
		mood: FRESH_MOOD,
		bubble: null,
		sessionId: null,
		sessionState: null,
		connectivity: 'ok',
		approvalsPending: 0,
		demo: false,
		...more
	};
}

export function runnerRow(id: string, more: Partial<RunnerView> = {}): RunnerView {
	return {
		id,
		orgId: 'org',
		hostname: id,
		label: null,
		os: 'linux',
		arch: 'x64',
		status: 'online',
		mode: 'active',
		connected: true,
		capacity: 4,
		used: 1,
		features: [],
		providers: [],
		allowLocal: [],
		load: { cpuPercent: 30, memoryPercent: 40, diskPercent: 50 },
		runnerVersion: '0.1.0',
		lastSeenAt: AT,
		clockSkewMs: 0,
		local: true,
		createdAt: AT,
		...more
	};
}

export function approvalRow(
	id: string,
	agentId: string,
	more: Partial<ApprovalView> = {}
): ApprovalView {
	return {
		id,
		sessionId: `session-of-${agentId}`,
		agentId,
		agentName: agentId,
		houseName: null,
		kind: 'action',
		action: 'merge',
		risk: 'high',
		summary: 'Merge PR 123?',
		details: null,
		tool: null,
		command: null,
		cwd: null,
		diff: null,
		paths: null,
		options: null,
		source: 'ask',
		generation: 1,
		status: 'pending',
		effect: null,
		requestedAt: AT,
		expiresAt: '2026-03-01T12:15:00.000Z',
		resolvedAt: null,
		resolvedBy: null,
		reason: null,
		ruleId: null,
		bypassId: null,
		demo: false,
		...more
	};
}

export function personRow(userId: string, more: Partial<PersonRow> = {}): PersonRow {
	return { userId, name: userId, x: null, y: null, watching: null, since: AT, ...more };
}
