// Every route as the tests call it: which right it takes, and a smallest valid request.
import type { Right } from '#domain/permissions.ts';
import type { Things } from '#server/trpc/testing/calls.ts';

export interface RouteCall {
	right: Right;
	/** The address, with its query. */
	path(things: Things): string;
	body?(things: Things): Record<string, unknown>;
}

/** By `METHOD /path`, as the routes name themselves. */
export const ROUTE_MATRIX: Record<string, RouteCall> = {
	'GET /api/agents': {
		right: 'village.read',
		path: ({ villageId }) => `/api/agents?villageId=${villageId}`
	},
	'POST /api/agents/{agentId}/start': {
		right: 'session.create',
		path: ({ agentId }) => `/api/agents/${agentId}/start`,
		body: () => ({ task: 'Mend the test' })
	},
	'POST /api/agents/{agentId}/stop': {
		right: 'session.control',
		path: ({ busyAgentId }) => `/api/agents/${busyAgentId}/stop`,
		body: () => ({ reason: 'Enough' })
	},
	'POST /api/agents/{agentId}/terminal/input': {
		right: 'terminal.write',
		path: ({ busyAgentId }) => `/api/agents/${busyAgentId}/terminal/input`,
		body: () => ({ data: 'ls\r' })
	},
	'GET /api/sessions': {
		right: 'session.read',
		path: ({ orgId }) => `/api/sessions?orgId=${orgId}`
	},
	'GET /api/sessions/{sessionId}': {
		right: 'session.read',
		path: ({ sessionId }) => `/api/sessions/${sessionId}`
	},
	'POST /api/sessions/{sessionId}/approve': {
		right: 'approval.resolve',
		path: ({ sessionId }) => `/api/sessions/${sessionId}/approve`,
		body: ({ approvalId }) => ({ approvalId, decision: 'deny' })
	},
	'GET /api/runners': {
		right: 'runner.read',
		path: ({ orgId }) => `/api/runners?orgId=${orgId}`
	},
	'GET /api/runners/{runnerId}': {
		right: 'runner.read',
		path: ({ runnerId }) => `/api/runners/${runnerId}`
	}
};
