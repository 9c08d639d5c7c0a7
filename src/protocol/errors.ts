// Every error code a client may see, its HTTP status and tRPC code, and whether trying again can help (control-plane.md 12).

/** tRPC's names for the classes of failure. */
export type RpcCode =
	| 'BAD_REQUEST'
	| 'UNAUTHORIZED'
	| 'FORBIDDEN'
	| 'NOT_FOUND'
	| 'METHOD_NOT_SUPPORTED'
	| 'TIMEOUT'
	| 'CONFLICT'
	| 'PAYLOAD_TOO_LARGE'
	| 'UNSUPPORTED_MEDIA_TYPE'
	| 'TOO_MANY_REQUESTS'
	| 'INTERNAL_SERVER_ERROR'
	| 'BAD_GATEWAY'
	| 'SERVICE_UNAVAILABLE'
	| 'GATEWAY_TIMEOUT';

interface ErrorKind {
	status: number;
	rpc: RpcCode;
	retry: boolean;
}

const kind = (status: number, rpc: RpcCode, retry = false): ErrorKind => ({ status, rpc, retry });

const bad = kind(400, 'BAD_REQUEST');
const unauthorized = kind(401, 'UNAUTHORIZED');
const forbidden = kind(403, 'FORBIDDEN');
const missing = kind(404, 'NOT_FOUND');
const conflict = kind(409, 'CONFLICT');
const tooMany = kind(429, 'TOO_MANY_REQUESTS', true);

export const ERRORS = {
	VALIDATION_ERROR: bad,
	INVALID_PROVIDER: bad,
	PROVIDER_AUTH_MISSING: bad,
	TOKEN_IN_URL: bad,
	UNAUTHENTICATED: unauthorized,
	JOIN_TOKEN_INVALID: unauthorized,
	SIGN_IN_FAILED: unauthorized,
	FORBIDDEN: forbidden,
	CSRF: forbidden,
	ORIGIN_REFUSED: forbidden,
	NOT_FOUND: missing,
	SESSION_NOT_FOUND: missing,
	APPROVAL_NOT_FOUND: missing,
	RUNNER_NOT_FOUND: missing,
	VILLAGE_NOT_FOUND: missing,
	HOUSE_NOT_FOUND: missing,
	AGENT_NOT_FOUND: missing,
	ORG_NOT_FOUND: missing,
	USER_NOT_FOUND: missing,
	TOKEN_NOT_FOUND: missing,
	RULE_NOT_FOUND: missing,
	BYPASS_NOT_FOUND: missing,
	INVITATION_INVALID: kind(410, 'NOT_FOUND'),
	LINK_INVALID: kind(410, 'NOT_FOUND'),
	NO_ACTIVE_SESSION: missing,
	NO_WORKSPACE: conflict,
	NO_REPOSITORY: conflict,
	WORKSPACE_GONE: kind(410, 'NOT_FOUND'),
	PATH_UNCHANGED: missing,
	WORKSPACE_IN_USE: conflict,
	WORKSPACE_HOLDS_WORK: conflict,
	BRANCH_EXISTS: conflict,
	SESSION_DATA_EXPIRED: kind(410, 'NOT_FOUND'),
	METHOD_NOT_ALLOWED: kind(405, 'METHOD_NOT_SUPPORTED'),
	UNSUPPORTED_MEDIA_TYPE: kind(415, 'UNSUPPORTED_MEDIA_TYPE'),
	SESSION_LIMIT_EXCEEDED: conflict,
	RUNNER_LIMIT_EXCEEDED: conflict,
	RULE_LIMIT: conflict,
	INVALID_STATE: conflict,
	SESSION_PAUSED: conflict,
	SESSION_ALREADY_STOPPED: conflict,
	AGENT_BUSY: conflict,
	APPROVAL_ALREADY_RESOLVED: conflict,
	APPROVAL_EXPIRED: conflict,
	APPROVAL_STALE: conflict,
	RUNNER_HAS_ACTIVE_SESSIONS: conflict,
	RUNNER_OFFLINE: conflict,
	HOUSE_EXISTS: conflict,
	HOUSE_HAS_ACTIVE_SESSIONS: conflict,
	LAYOUT_CONFLICT: conflict,
	CONFLICT: conflict,
	IDEMPOTENCY_CONFLICT: conflict,
	KEYBOARD_HELD: conflict,
	LAST_OWNER: conflict,
	PAYLOAD_TOO_LARGE: kind(413, 'PAYLOAD_TOO_LARGE'),
	RATE_LIMITED: tooMany,
	CONSUMER_TOO_SLOW: tooMany,
	TERMINAL_BACKPRESSURE: tooMany,
	CURSOR_EXPIRED: kind(410, 'BAD_REQUEST'),
	FUTURE_CURSOR: bad,
	RUNNER_TIMEOUT: kind(504, 'GATEWAY_TIMEOUT', true),
	NOT_READY: kind(503, 'SERVICE_UNAVAILABLE', true),
	INTERNAL_ERROR: kind(500, 'INTERNAL_SERVER_ERROR')
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether a string is one of our codes. */
export function isErrorCode(value: string): value is ErrorCode {
	return Object.hasOwn(ERRORS, value);
}
