// Views for the tests of the simulation: any number of houses, villagers and workshops, in every state.
import { AGENT_STATES } from '#domain/mood.ts';
import { PROVIDERS } from '#domain/provider.ts';
import type { HouseView, VillagerView, VillageSnapshot, WorkshopView } from '../port.ts';

const SIZES = ['tiny', 'small', 'medium', 'large', 'huge'] as const;
/** The moment at which the fixtures' states began, epoch ms. */
export const START = 1_790_000_000_000;
const idOf = (kind: string, n: number) => `${kind}-${String(n).padStart(5, '0')}`;

export const houseView = (n: number, over: Partial<HouseView> = {}): HouseView => ({
	id: idOf('house', n),
	name: `house ${n}`,
	language: null,
	size: SIZES[n % SIZES.length]!,
	x: null,
	y: null,
	lit: false,
	smoke: 'none',
	demo: false,
	...over
});

export const villagerView = (n: number, over: Partial<VillagerView> = {}): VillagerView => ({
	id: idOf('villager', n),
	name: `villager ${n}`,
	provider: PROVIDERS[n % PROVIDERS.length]!,
	houseId: idOf('house', 0),
	state: AGENT_STATES[n % AGENT_STATES.length]!,
	sinceMs: START,
	bubble: null,
	sessionId: null,
	approvalsPending: 0,
	watchedBy: [],
	demo: false,
	...over
});

export const workshopView = (n: number): WorkshopView => ({
	id: idOf('workshop', n),
	name: `workshop ${n}`,
	status: 'online',
	load: 0,
	used: 0,
	capacity: 4
});

/** A village whose villagers are spread over its houses. */
export function snapshotOf(
	houses: number,
	villagers: number,
	seed = 'seed',
	workshops = 1
): VillageSnapshot {
	return {
		villageId: 'village',
		name: 'Village',
		seed,
		houses: Array.from({ length: houses }, (_, n) => houseView(n)),
		villagers: Array.from({ length: villagers }, (_, n) =>
			villagerView(n, { houseId: houses > 0 ? idOf('house', n % houses) : null })
		),
		workshops: Array.from({ length: workshops }, (_, n) => workshopView(n)),
		people: [],
		approvalsPending: 0
	};
}
