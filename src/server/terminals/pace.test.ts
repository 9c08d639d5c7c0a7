import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createPace } from './pace.ts';

function open() {
	const told: number[] = [];
	const pace = createPace((offset) => void told.push(offset));
	onTestFinished(() => pace.close());
	return { pace, told };
}

test('what nobody has to be sent is acknowledged as soon as it is stored', () => {
	const { pace, told } = open();
	pace.stored(100, Infinity);
	pace.stored(100, Infinity);
	pace.stored(250, 300);
	expect(told).toEqual([100, 250]);
	expect(pace.holding).toBe(false);
});

test('bytes wait for the furthest viewer and go with it', () => {
	const { pace, told } = open();
	pace.stored(1_000, 400);
	expect(pace.holding).toBe(true);
	pace.progressed(300);
	pace.progressed(700);
	pace.progressed(5_000);
	expect(told).toEqual([400, 700, 1_000]);
	expect(pace.holding).toBe(false);
});

test('a viewer who stopped looking holds nothing up for long', async () => {
	const { pace, told } = open();
	pace.stored(1_000, 0);
	pace.stored(2_000, 0);
	expect(told).toEqual([]);
	for (let i = 0; pace.holding && i < 100; i++) await sleep(50);
	expect(told.at(-1)).toBe(2_000);
});
