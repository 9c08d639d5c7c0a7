// Which agents can be started here and where a session would run, from what the runners reported. Pure.
import { place } from '#domain/scheduling.ts';
import { PROVIDERS, type ProviderId } from '#domain/provider.ts';
import type { ProviderReport } from '#domain/runner.ts';
import type { HouseRow, RunnerView } from '#domain/views.ts';
import { AUTH_WORDS, QUEUE_WORDS } from '#lib/text/words.ts';

export interface Offer {
	providerId: ProviderId;
	/** The best report of the runners that are online; null when none has it. */
	report: ProviderReport | null;
	/** Version and sign-in as reported, or that it was not found. */
	note: string;
	usable: boolean;
}

/** The deterministic agent is started by the demo alone, Omnara is not driven by people. */
const HIDDEN = new Set<ProviderId>(['scripted', 'omnara']);
const PLAIN = new Set<ProviderId>(['shell', 'custom']);
const RANK = { ok: 0, unknown: 1, missing: 2 } as const;

/** Every agent people may start, found ones first. */
export function offers(runners: readonly RunnerView[]): Offer[] {
	const reports = runners.filter((r) => r.connected).flatMap((r) => r.providers);
	const list = PROVIDERS.filter((id) => !HIDDEN.has(id)).map((providerId): Offer => {
		const [report = null] = reports
			.filter((r) => r.id === providerId)
			.sort((a, b) => RANK[a.auth] - RANK[b.auth]);
		return {
			providerId,
			report,
			note: noteOf(providerId, report),
			usable: report !== null && report.auth !== 'missing'
		};
	});
	return list.sort((a, b) => Number(b.usable) - Number(a.usable));
}

function noteOf(providerId: ProviderId, report: ProviderReport | null): string {
	if (providerId === 'shell') return 'an interactive shell';
	if (providerId === 'custom') return 'any command line';
	if (!report) return 'not found on any runner that is online';
	const version = report.version ? `${report.version}, ` : '';
	const lacking = report.auth === 'missing' && report.missing?.length;
	return `${version}${AUTH_WORDS[report.auth]}${lacking ? `: ${report.missing!.join(', ')}` : ''}`;
}

/** Whether an agent is one without a model: it gets a command or nothing instead of a task. */
export const isPlain = (providerId: string) => PLAIN.has(providerId as ProviderId);

/** Where a session would run now, in words. */
export function whereWords(
	providerId: string,
	house: HouseRow | undefined,
	runners: readonly RunnerView[]
): { text: string; waits: boolean } {
	const placement = place(
		{
			providerId,
			features: [],
			onlyRunnerId: house?.source === 'local' ? house.runnerId : null,
			excluded: new Set()
		},
		runners.map((r) => ({
			id: r.id,
			connected: r.connected,
			mode: r.mode,
			capacity: r.capacity,
			assigned: r.used,
			features: r.features,
			providers: r.providers,
			cpuPercent: r.load?.cpuPercent ?? null,
			lastAssignedAtMs: null
		}))
	);
	if ('reason' in placement) {
		const { why, fix } = QUEUE_WORDS[placement.reason];
		return { text: `It will wait: ${why.toLowerCase()}. ${fix}`, waits: true };
	}
	const runner = runners.find((r) => r.id === placement.runnerId)!;
	const free = runner.capacity - runner.used;
	return {
		text: `Runs on ${runner.label ?? runner.hostname}, ${free} of ${runner.capacity} slots free.`,
		waits: false
	};
}
