// Tables → what the map draws. Pure: the map can show nothing that no row says.
import type { HouseView, PersonView, VillagerView, WorkshopView } from '#game/port.ts';
import type { SessionState } from '#domain/session.ts';
import type { AgentRow, ApprovalView, HouseRow, PersonRow, RunnerView } from '#domain/views.ts';

/** A house by its number of files; unknown counts as small until the runner has looked. */
export function houseSize(files: number | null): HouseView['size'] {
	if (files === null) return 'small';
	if (files < 10) return 'tiny';
	if (files < 30) return 'small';
	if (files < 80) return 'medium';
	if (files < 200) return 'large';
	return 'huge';
}

/** States in which something goes on inside the house; a paused or queued session leaves it dark. */
const LIT: ReadonlySet<SessionState> = new Set(['RUNNING', 'WAITING_FOR_APPROVAL']);

/** Ids of the houses in which a session runs. */
export function litHouses(agents: readonly AgentRow[]): Set<string> {
	const lit = new Set<string>();
	for (const agent of agents)
		if (agent.houseId && agent.sessionState && LIT.has(agent.sessionState)) lit.add(agent.houseId);
	return lit;
}

export function houseView(row: HouseRow, lit: boolean): HouseView {
	return {
		id: row.id,
		name: row.name,
		language: row.language,
		size: houseSize(row.files),
		x: row.x,
		y: row.y,
		lit,
		// Builds are not known yet; a chimney smokes only for a real one.
		smoke: 'none',
		demo: row.demo
	};
}

const BUBBLE_LENGTH = 48;

/** One line of at most `BUBBLE_LENGTH` characters, or null. */
export function bubbleWords(words: string | null): string | null {
	const line = words?.replace(/\s+/g, ' ').trim();
	if (!line) return null;
	return line.length <= BUBBLE_LENGTH ? line : `${line.slice(0, BUBBLE_LENGTH - 1).trimEnd()}…`;
}

/**
 * @param pending open approvals of this agent, longest waiting first
 * @param watchedBy names of those who have its terminal open
 */
export function villagerView(
	row: AgentRow,
	pending: readonly ApprovalView[],
	watchedBy: string[]
): VillagerView {
	const asks = row.state === 'waiting' ? (pending[0]?.summary ?? null) : null;
	return {
		id: row.id,
		name: row.name,
		provider: row.provider,
		houseId: row.houseId,
		state: row.state,
		sinceMs: Date.parse(row.stateSince),
		bubble: bubbleWords(asks ?? row.bubble),
		sessionId: row.sessionId,
		approvalsPending: pending.length,
		watchedBy,
		demo: row.demo
	};
}

export function workshopView(row: RunnerView): WorkshopView {
	const busy = row.capacity > 0 ? row.used / row.capacity : 0;
	const load = row.load ? row.load.cpuPercent / 100 : busy;
	return {
		id: row.id,
		name: row.label ?? row.hostname,
		status: row.status,
		load: row.connected ? Math.min(1, Math.max(0, load)) : 0,
		used: row.used,
		capacity: row.capacity
	};
}

/** Where a person is and points, as far as the presence door told. */
export interface Place {
	x: number;
	y: number;
	hand: { x: number; y: number } | null;
}

/** @param place the latest place heard of; the list's own is older, and null before the person moved */
export function personView(
	row: Pick<PersonRow, 'userId' | 'name' | 'x' | 'y'>,
	place: Place | undefined,
	arrival: { x: number; y: number },
	selfId: string
): PersonView {
	return {
		id: row.userId,
		name: row.name,
		x: place?.x ?? row.x ?? arrival.x,
		y: place?.y ?? row.y ?? arrival.y,
		pointer: place?.hand ?? null,
		self: row.userId === selfId
	};
}

/** Whether two views say the same; arrays of words and points are compared by value. */
export function sameView<T extends object>(a: T, b: T): boolean {
	for (const key of Object.keys(a) as (keyof T)[]) {
		const left = a[key];
		const right = b[key];
		if (left === right) continue;
		if (typeof left !== 'object' || typeof right !== 'object' || !left || !right) return false;
		if (JSON.stringify(left) !== JSON.stringify(right)) return false;
	}
	return true;
}
