import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAP_LIMIT, placeHouses } from './village.ts';

const ids = fc.uniqueArray(fc.uuid({ version: 7 }), { minLength: 1, maxLength: 60 });

test('a house added later never moves an earlier one', () => {
	fc.assert(
		fc.property(fc.string(), ids, (seed, all) => {
			const sorted = [...all].sort();
			const houses = sorted.map((id) => ({ id, x: null, y: null }));
			const before = placeHouses(seed, houses.slice(0, -1));
			const after = placeHouses(seed, houses);
			for (const [id, at] of before) expect(after.get(id)).toEqual(at);
		}),
		{ numRuns: 60 }
	);
});

test('houses without a saved position never stand in each other, nor in a saved one', () => {
	fc.assert(
		fc.property(fc.string(), ids, fc.integer({ min: -30, max: 12 }), (seed, all, x) => {
			const houses = all.map((id, i) => ({ id, x: i === 0 ? x : null, y: i === 0 ? -8 : null }));
			const places = [...placeHouses(seed, houses).values()];
			for (const [i, a] of places.entries())
				for (const b of places.slice(i + 1))
					expect(Math.abs(a.x - b.x) >= 8 || Math.abs(a.y - b.y) >= 7).toBe(true);
		}),
		{ numRuns: 60 }
	);
});

test('the order in which houses are listed does not matter', () => {
	fc.assert(
		fc.property(ids, (all) => {
			const houses = all.map((id) => ({ id, x: null, y: null }));
			const forward = placeHouses('seed', houses);
			const backward = placeHouses('seed', [...houses].reverse());
			for (const [id, at] of forward) expect(backward.get(id)).toEqual(at);
		})
	);
});

test('a saved position beyond the map is brought back to its edge', () => {
	const places = placeHouses('seed', [{ id: 'a', x: 1e9, y: -1e9 }]);
	expect(places.get('a')).toEqual({ x: MAP_LIMIT, y: -MAP_LIMIT });
});

test('two thousand houses each find a place', () => {
	const houses = Array.from({ length: 2_000 }, (_, i) => ({
		id: String(i).padStart(5, '0'),
		x: null,
		y: null
	}));
	const places = placeHouses('seed', houses);
	expect(new Set([...places.values()].map((p) => `${p.x},${p.y}`)).size).toBe(2_000);
});
