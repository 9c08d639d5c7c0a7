// Which runner takes which session, and why not the others (control-plane.md 6.4). Pure.
import type { QueueReason } from './session.ts';
import type { ProviderReport, RunnerMode } from './runner.ts';

export interface Candidate {
	id: string;
	connected: boolean;
	mode: RunnerMode;
	capacity: number;
	/** Active assignments, from the database. */
	assigned: number;
	features: readonly string[];
	providers: readonly ProviderReport[];
	cpuPercent: number | null;
	/** Epoch milliseconds; null when it never had one. */
	lastAssignedAtMs: number | null;
}

export interface Wanted {
	providerId: string;
	features: readonly string[];
	/** A house with a local folder lives on one runner. */
	onlyRunnerId: string | null;
	/** Runners that refused this session a moment ago. */
	excluded: ReadonlySet<string>;
}

export type Placement = { runnerId: string } | { reason: QueueReason };

const offers = (runner: Candidate, wanted: Wanted) =>
	runner.providers.some((p) => p.id === wanted.providerId && p.auth !== 'missing');

/** Lowest load share first; then the least busy machine, the one that waited longest, the lowest id. */
export function place(wanted: Wanted, runners: readonly Candidate[]): Placement {
	let left = runners.filter(
		(r) => r.connected && (wanted.onlyRunnerId === null || r.id === wanted.onlyRunnerId)
	);
	if (left.length === 0) return { reason: 'no_runner_online' };
	const offering = left.filter((r) => offers(r, wanted));
	if (offering.length === 0) return { reason: 'no_provider' };
	left = offering.filter((r) => wanted.features.every((f) => r.features.includes(f)));
	if (left.length === 0) return { reason: 'no_feature' };
	const active = left.filter((r) => r.mode === 'active');
	if (active.length === 0) return { reason: 'draining' };
	left = active.filter((r) => r.assigned < r.capacity && !wanted.excluded.has(r.id));
	if (left.length === 0) return { reason: 'no_capacity' };
	const [best] = [...left].sort(
		(a, b) =>
			a.assigned / a.capacity - b.assigned / b.capacity ||
			(a.cpuPercent ?? 0) - (b.cpuPercent ?? 0) ||
			(a.lastAssignedAtMs ?? 0) - (b.lastAssignedAtMs ?? 0) ||
			(a.id < b.id ? -1 : 1)
	);
	return { runnerId: best!.id };
}
