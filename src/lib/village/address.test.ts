import { expect, test } from 'vitest';
import { selectedIn, viewIn, withSelected, withView } from './address.ts';

const query = (text: string) => new URLSearchParams(text);

test('an address names what is open', () => {
	expect(selectedIn(query('agent=a1'))).toEqual({ kind: 'villager', id: 'a1' });
	expect(selectedIn(query('house=h1'))).toEqual({ kind: 'house', id: 'h1' });
	expect(selectedIn(query('runner=r1'))).toEqual({ kind: 'workshop', id: 'r1' });
	expect(selectedIn(query('agent=&view=list'))).toBeNull();
});

test('opening one thing closes the other and keeps the rest of the address', () => {
	expect(withSelected(query('view=list&house=h1'), { kind: 'villager', id: 'a 1' })).toBe(
		'view=list&agent=a+1'
	);
	expect(withSelected(query('view=list&house=h1'), null)).toBe('view=list');
});

test('changing the view keeps what is open', () => {
	expect(withView(query('agent=a1&view=map'), 'list')).toBe('agent=a1&view=list');
	expect(viewIn(query('view=globe'))).toBeNull();
	expect(viewIn(query('view=list'))).toBe('list');
});
