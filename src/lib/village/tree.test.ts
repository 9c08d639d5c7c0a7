import { expect, test } from 'vitest';
import { agentRow, houseRow } from './testing/rows.ts';
import { treeItems, treeKey } from './tree.ts';

const houses = [houseRow('bakery'), houseRow('mill')];
const agents = [
	agentRow('ada', { houseId: 'bakery' }),
	agentRow('ben', { houseId: 'bakery' }),
	agentRow('cy'),
	agentRow('dot', { houseId: 'gone' })
];
const keys = (closed: string[] = []) =>
	treeItems(houses, agents, new Set(closed)).map((item) => item.key);

test('houses hold their villagers; whoever has none, or one that is gone, stands at the end', () => {
	expect(keys()).toEqual([
		'house:bakery',
		'agent:ada',
		'agent:ben',
		'house:mill',
		'house:',
		'agent:cy',
		'agent:dot'
	]);
	expect(keys(['house:bakery', 'house:'])).toEqual(['house:bakery', 'house:mill', 'house:']);
});

test('every villager is in the tree exactly once', () => {
	const found = keys().filter((key) => key.startsWith('agent:'));
	expect([...found].sort()).toEqual(agents.map((agent) => `agent:${agent.id}`).sort());
});

test('arrows walk, open and close as in any tree', () => {
	const items = treeItems(houses, agents, new Set());
	const press = (focused: string, key: string) => treeKey(items, focused, key);
	expect(press('house:bakery', 'ArrowDown')).toEqual({ focus: 'agent:ada' });
	expect(press('house:bakery', 'ArrowUp')).toEqual({ focus: 'house:bakery' });
	expect(press('agent:dot', 'ArrowDown')).toEqual({ focus: 'agent:dot' });
	expect(press('house:bakery', 'ArrowRight')).toEqual({ focus: 'agent:ada' });
	expect(press('house:bakery', 'ArrowLeft')).toEqual({ toggle: 'house:bakery' });
	expect(press('agent:ben', 'ArrowLeft')).toEqual({ focus: 'house:bakery' });
	expect(press('house:mill', 'ArrowRight')).toEqual({});
	expect(press('agent:ada', 'End')).toEqual({ focus: 'agent:dot' });
	expect(press('agent:dot', 'Home')).toEqual({ focus: 'house:bakery' });
	expect(press('agent:ada', 'x')).toBeNull();
	const closed = treeItems(houses, agents, new Set(['house:bakery']));
	expect(treeKey(closed, 'house:bakery', 'ArrowRight')).toEqual({ toggle: 'house:bakery' });
});
