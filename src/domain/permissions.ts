// Who may do what: the whole matrix in one table, from which checks, tests and docs are made (control-plane.md 2).

export const ROLES = ['viewer', 'operator', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** The least role that has each right. `admin` is the deployment admin, who is not a role of an org. */
export const RIGHTS = {
	'village.read': 'viewer',
	'village.manage': 'owner',
	'village.arrange': 'operator',
	'session.read': 'viewer',
	'session.create': 'operator',
	'session.control': 'operator',
	'terminal.read': 'viewer',
	'terminal.write': 'operator',
	'approval.read': 'viewer',
	'approval.details': 'operator',
	'approval.resolve': 'operator',
	'rule.manage': 'owner',
	'agent.manage': 'owner',
	'house.read': 'viewer',
	'house.manage': 'owner',
	'runner.read': 'viewer',
	'runner.drain': 'operator',
	'runner.manage': 'owner',
	'org.read': 'viewer',
	'org.manage': 'owner',
	'member.read': 'viewer',
	'member.manage': 'owner',
	'audit.read': 'owner',
	'demo.manage': 'owner'
} as const satisfies Record<string, Role>;
export type Right = keyof typeof RIGHTS;

/** What an API token may be limited to; each scope opens the rights listed. */
export const SCOPES = {
	read: [
		'village.read',
		'session.read',
		'terminal.read',
		'approval.read',
		'house.read',
		'runner.read',
		'org.read',
		'member.read'
	],
	sessions: ['session.create', 'session.control', 'terminal.write', 'village.arrange'],
	approve: ['approval.details', 'approval.resolve'],
	runners: ['runner.drain', 'runner.manage'],
	admin: [
		'village.manage',
		'rule.manage',
		'agent.manage',
		'house.manage',
		'org.manage',
		'member.manage',
		'audit.read',
		'demo.manage'
	]
} as const satisfies Record<string, readonly Right[]>;
export type Scope = keyof typeof SCOPES;
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];

/** Whether one role includes another. */
export function atLeast(role: Role, least: Role): boolean {
	return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** The lower of two roles: a token never lends more than its user has. */
export function lowerRole(a: Role, b: Role): Role {
	return atLeast(a, b) ? b : a;
}

/**
 * What one member may do beside the role: `approve` is a right of its own that an owner can give or take.
 * `scopes` null means not limited.
 */
export interface Grants {
	role: Role;
	approve: boolean | null;
	scopes: readonly Scope[] | null;
}

/** Whether somebody with these grants has a right in that org. */
export function can(grants: Grants, right: Right): boolean {
	if (grants.scopes && !grants.scopes.some((s) => (SCOPES[s] as readonly Right[]).includes(right)))
		return false;
	if (right === 'approval.resolve' && grants.approve !== null) return grants.approve;
	if (right === 'approval.details' && grants.approve === true) return true;
	return atLeast(grants.role, RIGHTS[right]);
}
