// What an org may have and how long things may last (control-plane.md 18). One place for every default and every range.

/** Who may change a limit: how long things last is the org's own affair, how much there may be costs the deployment. */
type KeptBy = 'owner' | 'admin';

interface Limit {
	fallback: number;
	/** Whole numbers from `least` to `most`. */
	least: number;
	most: number;
	by: KeptBy;
}

export const LIMITS = {
	maxSessionsPerOrg: { fallback: 10, least: 1, most: 1000, by: 'admin' },
	maxRunnersPerOrg: { fallback: 10, least: 1, most: 1000, by: 'admin' },
	housesPerVillage: { fallback: 200, least: 1, most: 5000, by: 'admin' },
	agentsPerVillage: { fallback: 200, least: 1, most: 5000, by: 'admin' },
	approvalsPendingPerSession: { fallback: 50, least: 1, most: 1000, by: 'admin' },
	defaultTimeoutMinutes: { fallback: 60, least: 1, most: 1440, by: 'owner' },
	maxTimeoutMinutes: { fallback: 120, least: 1, most: 1440, by: 'owner' },
	queueTimeoutMinutes: { fallback: 60, least: 1, most: 1440, by: 'owner' },
	maxPauseHours: { fallback: 24, least: 1, most: 720, by: 'owner' },
	sessionDataTtlHours: { fallback: 24, least: 1, most: 8760, by: 'owner' },
	approvalTimeoutSeconds: { fallback: 900, least: 30, most: 86_400, by: 'owner' },
	lostGraceSeconds: { fallback: 300, least: 30, most: 86_400, by: 'owner' }
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;
export type OrgLimits = Record<LimitName, number>;

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

const each = <T>(value: (name: LimitName) => T) =>
	Object.fromEntries(LIMIT_NAMES.map((name) => [name, value(name)])) as Record<LimitName, T>;

export const DEFAULT_LIMITS: OrgLimits = each((name) => LIMITS[name].fallback);

/** The limits in force: an org's own over the defaults. What no limit is called by now is left out. */
export function limitsOf(own: Partial<OrgLimits>): OrgLimits {
	return each((name) => own[name] ?? DEFAULT_LIMITS[name]);
}

/** Whether only the deployment admin may change one of these. */
export function needsAdmin(names: readonly LimitName[]): boolean {
	return names.some((name) => LIMITS[name].by === 'admin');
}

/** Why limits do not go together, in words and with the name of the one to change; null when they do. */
export function limitsProblem(limits: OrgLimits): { path: LimitName; message: string } | null {
	const { defaultTimeoutMinutes: usual, maxTimeoutMinutes: longest } = limits;
	return usual > longest
		? {
				path: 'defaultTimeoutMinutes',
				message: `A session cannot last ${usual} minutes by default when ${longest} are the most.`
			}
		: null;
}
