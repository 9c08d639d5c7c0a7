import { expect, test } from 'vitest';
import type { PersonView } from '../port.ts';
import { isFree } from './grid.ts';
import { snapshotOf, START } from './village-fixtures.ts';
import { createWorld, step } from './world.ts';

const person = (x: number, y: number): PersonView => ({
	id: 'robin',
	name: 'Robin',
	x,
	y,
	pointer: null,
	self: false
});
const arrive = (calm: boolean) => {
	const world = createWorld({ ...snapshotOf(2, 0), people: [person(0.5, 6.5)] }, START);
	const move = { type: 'person_moved', id: 'robin', x: -9.5, y: 4.5, pointer: null } as const;
	step(world, { changes: [move], calm, unseen: false }, 16);
	return world;
};

test('an avatar walks along free tiles and is where the port says within five seconds', () => {
	const world = arrive(false);
	const walker = world.people.get('robin')!;
	expect(walker.journey).not.toBeNull();
	for (let t = 0; t < 5_100; t += 50) {
		step(world, { changes: [], calm: false, unseen: false }, 50);
		expect(isFree(world.layout.grid, Math.floor(walker.x), Math.floor(walker.y))).toBe(true);
	}
	expect([walker.x, walker.y]).toEqual([-9.5, 4.5]);
	expect(walker.journey).toBeNull();
});

test('in calm mode an avatar is there at once', () => {
	const walker = arrive(true).people.get('robin')!;
	expect([walker.x, walker.y]).toEqual([-9.5, 4.5]);
});

test('someone who left is gone, someone unknown who moves is not invented', () => {
	const world = arrive(false);
	const ghost = { type: 'person_moved', id: 'ghost', x: 1, y: 1, pointer: null } as const;
	step(world, { changes: [ghost, { type: 'people', people: [] }], calm: false, unseen: false }, 16);
	expect(world.people.size).toBe(0);
});
