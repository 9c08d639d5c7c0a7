// Limits an owner sees and a deployment admin may raise (control-plane.md 18). One place for every default.

export interface OrgLimits {
	maxSessionsPerOrg: number;
	maxRunnersPerOrg: number;
	defaultTimeoutMinutes: number;
	maxTimeoutMinutes: number;
	queueTimeoutMinutes: number;
	maxPauseHours: number;
	sessionDataTtlHours: number;
	approvalTimeoutSeconds: number;
	lostGraceSeconds: number;
	approvalsPendingPerSession: number;
	villagesPerOrg: number;
	housesPerVillage: number;
	agentsPerVillage: number;
}

export const DEFAULT_LIMITS: OrgLimits = {
	maxSessionsPerOrg: 10,
	maxRunnersPerOrg: 10,
	defaultTimeoutMinutes: 60,
	maxTimeoutMinutes: 120,
	queueTimeoutMinutes: 60,
	maxPauseHours: 24,
	sessionDataTtlHours: 24,
	approvalTimeoutSeconds: 900,
	lostGraceSeconds: 300,
	approvalsPendingPerSession: 50,
	villagesPerOrg: 50,
	housesPerVillage: 200,
	agentsPerVillage: 200
};

/** The limits in force: an org's own over the defaults. */
export function limitsOf(own: Partial<OrgLimits>): OrgLimits {
	return { ...DEFAULT_LIMITS, ...own };
}
