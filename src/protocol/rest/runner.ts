// A runner, as answers below `/api` carry it, and the query of GET /api/runners.
import { z } from 'zod';
import { Id, Time } from '../envelope.ts';
import { ProviderReport } from '../runner/provider-report.ts';
import { Session } from './session.ts';

export const RunnerQuery = z.strictObject({
	orgId: Id.optional().meta({ description: 'May be left out by who belongs to one organization.' })
});
export type RunnerQuery = z.infer<typeof RunnerQuery>;

const percent = z.number().min(0).max(100);

export const Runner = z.object({
	id: Id,
	orgId: Id,
	hostname: z.string(),
	label: z.string().nullable(),
	os: z.string(),
	arch: z.string(),
	status: z.enum(['online', 'offline', 'draining', 'maintenance']),
	mode: z.enum(['active', 'draining', 'maintenance']),
	connected: z.boolean(),
	capacity: z.number().int().min(1),
	used: z.number().int().min(0),
	features: z.array(z.string()),
	providers: z.array(ProviderReport),
	allowLocal: z.array(z.string()),
	load: z.object({ cpuPercent: percent, memoryPercent: percent, diskPercent: percent }).nullable(),
	runnerVersion: z.string(),
	lastSeenAt: Time.nullable(),
	clockSkewMs: z.number().nullable(),
	local: z.boolean(),
	createdAt: Time
});
export type Runner = z.infer<typeof Runner>;

/** One runner asked for by itself: also its active sessions. */
export const RunnerDetail = Runner.extend({ sessions: z.array(Session) });
export type RunnerDetail = z.infer<typeof RunnerDetail>;
