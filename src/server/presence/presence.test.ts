import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { DownMessage } from '#protocol/village/down.ts';
import type { Clock } from '#server/clock.ts';
import { openPresence, type Visit } from './presence.ts';

class FakePeer {
	backlog = 0;
	readonly got: DownMessage[] = [];
	send(message: DownMessage): void {
		this.got.push(message);
	}
}

/** Time that stands still but for what the test adds. */
function movableClock(): Clock & { pass(ms: number): void } {
	let ms = 1_000_000;
	return {
		now: () => new Date(ms),
		monotonicMs: () => ms,
		pass: (more) => void (ms += more)
	};
}

function open() {
	const clock = movableClock();
	const presence = openPresence({ clock });
	onTestFinished(() => presence.close());
	return { clock, presence };
}

test('a tab whose network is stuck is sent nothing, and everything once it is free', () => {
	const { clock, presence } = open();
	const slow = new FakePeer();
	const mover = presence.enter('v', { userId: 'b', name: 'Ben' }, new FakePeer());
	const looker = presence.enter('v', { userId: 'a', name: 'Ada' }, slow);
	looker.receive(['view', 0, 0, 50, 50]);
	slow.backlog = 100_000;
	const before = slow.got.length;
	for (let i = 0; i < 50; i++) {
		clock.pass(1_000);
		mover.receive(['me', i, i, null, null]);
	}
	expect(slow.got.length).toBe(before);
	slow.backlog = 0;
	clock.pass(1_000);
	mover.receive(['me', 20, 21, null, null]);
	const later = slow.got.slice(before);
	expect(later.map((message) => message[0])).toContain('people');
	expect(later.findLast((message) => message[0] === 'moved')).toEqual([
		'moved',
		[['b', 20, 21, null, null]]
	]);
});

test('ten messages a second pass for ever; twenty do not', () => {
	const { clock, presence } = open();
	const visit = presence.enter('v', { userId: 'a', name: 'Ada' }, new FakePeer());
	for (let i = 0; i < 600; i++) {
		clock.pass(100);
		expect(visit.receive(['here'])).toBe(true);
	}
	let taken = 0;
	for (let i = 0; i < 600; i++) {
		clock.pass(50);
		if (visit.receive(['here'])) taken++;
	}
	expect(taken).toBeGreaterThanOrEqual(300);
	expect(taken).toBeLessThanOrEqual(325);
});

test('whatever people do, the list holds exactly those with a tab open, each once', () => {
	const users = ['a', 'b', 'c'];
	const step = fc.record({
		what: fc.constantFrom('enter', 'leave', 'me', 'watch', 'emote'),
		who: fc.nat(2),
		at: fc.integer({ min: -100, max: 100 })
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const clock = movableClock();
			const presence = openPresence({ clock });
			const open = users.map((): Visit[] => []);
			for (const { what, who, at } of steps) {
				clock.pass(200);
				const tabs = open[who]!;
				const userId = users[who]!;
				if (what === 'enter')
					tabs.push(presence.enter('v', { userId, name: userId }, new FakePeer()));
				else if (what === 'leave') tabs.pop()?.leave();
				else if (what === 'me') tabs[0]?.receive(['me', at, at, null, null]);
				else if (what === 'watch') tabs[0]?.receive(['watch', at > 0 ? 's' : null]);
				else tabs[0]?.receive(['emote', 'wave']);
				const here = presence.people('v').map((person) => person.userId);
				expect([...here].sort()).toEqual(users.filter((_, i) => open[i]!.length > 0));
			}
			presence.close();
		})
	);
});
