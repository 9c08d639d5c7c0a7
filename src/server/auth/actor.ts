// Who is asking, for every transport alike: the doors make an Actor, the services check it.
import { can, type Grants, type Right } from '#domain/permissions.ts';
import { AppError } from '#server/errors.ts';
import type { ErrorCode } from '#protocol/errors.ts';

export interface Actor {
	kind: 'user' | 'token' | 'system';
	/** User id, or the subject that acts for the system (`scheduler`, `sweeper`, `library`). */
	id: string;
	/** What other people see, for example as the one who answered. */
	name: string;
	isAdmin: boolean;
	/** Grants per org id, as they are at the time of the call. */
	memberships: ReadonlyMap<string, Grants>;
	/** The login or API token behind it, so that sockets can be ended when it is revoked. */
	credentialId: string | null;
	transport: 'web' | 'trpc' | 'rest' | 'ws' | 'cli' | 'internal';
	ip: string | null;
}

/** The product itself; has every right in every org, and never resolves approvals by hand. */
export function systemActor(id: string): Actor {
	return {
		kind: 'system',
		id,
		name: 'Agent Village',
		isAdmin: false,
		memberships: new Map(),
		credentialId: null,
		transport: 'internal',
		ip: null
	};
}

/** Whether the actor has the right in that org. */
export function may(actor: Actor, orgId: string, right: Right): boolean {
	if (actor.kind === 'system') return true;
	const grants = actor.memberships.get(orgId);
	return grants !== undefined && can(grants, right);
}

/**
 * Demands a right on an object of an org. A stranger to the org is told that the object does not exist,
 * in the same words as if it did not; a member with too low a role is told `FORBIDDEN`.
 */
export function demand(
	actor: Actor,
	orgId: string,
	right: Right,
	notFound: ErrorCode = 'ORG_NOT_FOUND'
): void {
	if (actor.kind !== 'system' && !actor.memberships.has(orgId)) throw missing(notFound);
	if (!may(actor, orgId, right)) throw new AppError('FORBIDDEN', 'Your role does not allow this.');
}

const NAMES: Partial<Record<ErrorCode, string>> = {
	SESSION_NOT_FOUND: 'session',
	APPROVAL_NOT_FOUND: 'approval',
	RUNNER_NOT_FOUND: 'runner',
	VILLAGE_NOT_FOUND: 'village',
	HOUSE_NOT_FOUND: 'house',
	AGENT_NOT_FOUND: 'agent',
	ORG_NOT_FOUND: 'organization',
	USER_NOT_FOUND: 'person',
	TOKEN_NOT_FOUND: 'token',
	RULE_NOT_FOUND: 'rule',
	BYPASS_NOT_FOUND: 'bypass'
};

/** The one answer for what is absent and for what belongs to somebody else. */
export function missing(code: ErrorCode): AppError {
	return new AppError(code, `No such ${NAMES[code] ?? 'thing'}.`);
}
