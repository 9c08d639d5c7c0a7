// The village as a tree for the list: houses with their villagers, in one order that keys walk through. Pure.
import type { AgentRow, HouseRow } from '#domain/views.ts';

export interface TreeItem {
	/** Unique in the tree: `house:ID`, `agent:ID`, `house:` for those without one. */
	key: string;
	level: 1 | 2;
	house: HouseRow | null;
	agent: AgentRow | null;
	/** Of its siblings, from 1. */
	position: number;
	siblings: number;
	/** null for leaves. */
	expanded: boolean | null;
	/** How many live in this house. */
	count: number;
}

/** Every visible item, top to bottom. Houses in `closed` hide their villagers. */
export function treeItems(
	houses: readonly HouseRow[],
	agents: readonly AgentRow[],
	closed: ReadonlySet<string>
): TreeItem[] {
	const known = new Set(houses.map((house) => house.id));
	const homeless = agents.filter((agent) => !agent.houseId || !known.has(agent.houseId));
	const groups: { key: string; house: HouseRow | null; agents: AgentRow[] }[] = houses.map(
		(house) => ({
			key: `house:${house.id}`,
			house,
			agents: agents.filter((agent) => agent.houseId === house.id)
		})
	);
	if (homeless.length > 0) groups.push({ key: 'house:', house: null, agents: homeless });
	return groups.flatMap((group, at) => {
		const expanded = group.agents.length === 0 ? null : !closed.has(group.key);
		const top: TreeItem = {
			key: group.key,
			level: 1,
			house: group.house,
			agent: null,
			position: at + 1,
			siblings: groups.length,
			expanded,
			count: group.agents.length
		};
		if (!expanded) return [top];
		return [
			top,
			...group.agents.map((agent, index): TreeItem => ({
				key: `agent:${agent.id}`,
				level: 2,
				house: group.house,
				agent,
				position: index + 1,
				siblings: group.agents.length,
				expanded: null,
				count: 0
			}))
		];
	});
}

/** What a key does in the tree: where the focus goes, and which branch opens or closes. */
export function treeKey(
	items: readonly TreeItem[],
	focused: string,
	key: string
): { focus?: string; toggle?: string } | null {
	const at = items.findIndex((item) => item.key === focused);
	const item = items[at];
	if (!item) return null;
	const to = (index: number) => ({
		focus: items[Math.min(items.length - 1, Math.max(0, index))]!.key
	});
	switch (key) {
		case 'ArrowDown':
			return to(at + 1);
		case 'ArrowUp':
			return to(at - 1);
		case 'Home':
			return to(0);
		case 'End':
			return to(items.length - 1);
		case 'ArrowRight':
			if (item.expanded === false) return { toggle: item.key };
			return item.expanded ? to(at + 1) : {};
		case 'ArrowLeft':
			if (item.expanded) return { toggle: item.key };
			if (item.level === 1) return {};
			return to(items.findLastIndex((other, index) => index < at && other.level === 1));
		default:
			return null;
	}
}
