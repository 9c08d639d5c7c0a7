import { expect, test } from 'vitest';
import { sharedSize } from './viewport.ts';

const seen = (cols: number, rows: number) => ({ cols, rows, visible: true, interactive: true });

test('the smallest visible viewer who may type decides', () => {
	expect(sharedSize([seen(120, 40), seen(100, 50)])).toEqual({ cols: 100, rows: 40 });
});

test('a phone never makes the terminal smaller than 80 by 24', () => {
	expect(sharedSize([seen(38, 12), seen(200, 60)])).toEqual({ cols: 80, rows: 24 });
});

test('hidden tabs, previews and readers count for nothing', () => {
	const hidden = { ...seen(90, 30), visible: false };
	const reader = { ...seen(90, 30), interactive: false };
	expect(sharedSize([hidden, reader, seen(150, 45)])).toEqual({ cols: 150, rows: 45 });
	expect(sharedSize([hidden, reader])).toBeNull();
});

test('a size stays within what a terminal may have', () => {
	expect(sharedSize([seen(5000, 1000)])).toEqual({ cols: 500, rows: 300 });
});
