// What a person is told when something was refused or failed: what happened, what to do, and where to look.
import type { ErrorCode } from '#protocol/errors.ts';
import { isErrorCode } from '#protocol/errors.ts';

export interface Explanation {
	title: string;
	/** What to do about it; empty when the title says all. */
	hint: string;
	code: ErrorCode | null;
	/** Only for faults of the server: it finds the entry in the log. */
	requestId: string | null;
	/** Messages per input field, by path. */
	fields: Record<string, string>;
}

const HINTS: Partial<Record<ErrorCode, string>> = {
	UNAUTHENTICATED: 'Sign in again.',
	FORBIDDEN: 'Ask an owner for the right to do this.',
	SESSION_LIMIT_EXCEEDED: 'Stop a session or wait until one ends.',
	RUNNER_LIMIT_EXCEEDED: 'Remove a runner that is no longer used.',
	PROVIDER_AUTH_MISSING: 'Sign in to the agent on the runner, then try again.',
	RUNNER_OFFLINE: 'Start the runner again or choose another.',
	RUNNER_TIMEOUT: 'The runner did not answer in time. Try again.',
	RUNNER_HAS_ACTIVE_SESSIONS: 'Drain it first, or stop its sessions.',
	HOUSE_HAS_ACTIVE_SESSIONS: 'Stop its sessions first.',
	WORKSPACE_GONE: 'It held nothing that is nowhere else, or somebody cleaned up.',
	KEYBOARD_HELD: 'Wait until they are done, or ask for the keyboard in the terminal.',
	NO_REPOSITORY: 'What it writes there is seen in its terminal.',
	SESSION_DATA_EXPIRED: 'Its output was kept for the agreed time and is gone.',
	APPROVAL_STALE: 'The question changed. Read it again.',
	CONFLICT: 'Somebody else changed it at the same time. Look again.',
	RATE_LIMITED: 'Wait a moment.',
	NOT_READY: 'The server is starting. Try again in a moment.',
	LAST_OWNER: 'Make somebody else an owner first.'
};

interface Carrier {
	message?: unknown;
	data?: {
		appCode?: unknown;
		requestId?: unknown;
		details?: { issues?: unknown };
	} | null;
}

/** Reads any thrown value; tRPC's errors carry our code and details in `data`. */
export function explain(error: unknown): Explanation {
	const carrier = (typeof error === 'object' && error !== null ? error : {}) as Carrier;
	const raw = carrier.data?.appCode;
	const code = typeof raw === 'string' && isErrorCode(raw) ? raw : null;
	if (!code)
		return {
			title: 'The server could not be reached.',
			hint: 'Nothing was changed. Check the connection and try again.',
			code: null,
			requestId: null,
			fields: {}
		};
	const requestId = carrier.data?.requestId;
	return {
		title: typeof carrier.message === 'string' ? carrier.message : 'That did not work.',
		hint: HINTS[code] ?? '',
		code,
		requestId: code === 'INTERNAL_ERROR' && typeof requestId === 'string' ? requestId : null,
		fields: fieldsOf(carrier.data?.details?.issues)
	};
}

function fieldsOf(issues: unknown): Record<string, string> {
	if (!Array.isArray(issues)) return {};
	const fields: Record<string, string> = {};
	for (const issue of issues as { path?: unknown; message?: unknown }[])
		if (typeof issue.path === 'string' && typeof issue.message === 'string')
			fields[issue.path] ??= issue.message;
	return fields;
}
