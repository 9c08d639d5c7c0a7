import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReceiver, createSender } from './reliable.ts';

interface Note {
	n: number;
}

test('any drops, duplicates, delays and reconnects deliver each frame exactly once, in order', () => {
	const step = fc.oneof(
		{ weight: 4, arbitrary: fc.constant('push' as const) },
		{ weight: 4, arbitrary: fc.constant('send' as const) },
		{ weight: 4, arbitrary: fc.constant('deliver' as const) },
		{ weight: 1, arbitrary: fc.constant('drop' as const) },
		{ weight: 1, arbitrary: fc.constant('duplicate' as const) },
		{ weight: 2, arbitrary: fc.constant('ack' as const) },
		{ weight: 1, arbitrary: fc.constant('reconnect' as const) }
	);
	fc.assert(
		fc.property(
			fc.array(step, { maxLength: 200 }),
			fc.integer({ min: 1, max: 5 }),
			(steps, window) => {
				const sender = createSender<Note>();
				const receiver = createReceiver(0);
				const applied: number[] = [];
				let pushed = 0;
				let wire: (Note & { seq: number })[] = [];

				function deliver(): void {
					const frame = wire.shift();
					if (!frame) return;
					const verdict = receiver.receive(frame.seq);
					if (verdict === 'apply') applied.push(frame.n);
					if (verdict === 'gap') sender.nack(receiver.last + 1);
				}
				function reconnect(): void {
					wire = [];
					sender.resume(receiver.last);
				}

				for (const name of steps) {
					if (name === 'push') sender.push({ n: ++pushed });
					if (name === 'send') wire.push(...sender.take(window));
					if (name === 'deliver') deliver();
					if (name === 'drop') wire.shift();
					if (name === 'duplicate' && wire[0]) wire.push(wire[0]);
					if (name === 'ack') sender.ack(receiver.last);
					if (name === 'reconnect') reconnect();
				}
				for (let turns = 0; sender.size > 0; turns++) {
					expect(turns).toBeLessThan(1000);
					wire.push(...sender.take(window));
					// Nothing under way although something is kept: it was lost, and only a new connection tells.
					if (wire.length === 0) reconnect();
					while (wire.length > 0) deliver();
					sender.ack(receiver.last);
				}
				expect(applied).toEqual(Array.from({ length: pushed }, (_, i) => i + 1));
			}
		)
	);
});

test('no more frames are under way than the window allows', () => {
	const sender = createSender<Note>();
	for (let n = 1; n <= 10; n++) sender.push({ n });
	expect(sender.take(3)).toHaveLength(3);
	expect(sender.take(3)).toHaveLength(0);
	sender.ack(2);
	expect(sender.take(3).map((frame) => frame.seq)).toEqual([4, 5]);
});

test('an acknowledgement of a frame that was never sent changes nothing', () => {
	const sender = createSender<Note>();
	sender.push({ n: 1 });
	expect(sender.ack(2)).toBe(false);
	expect(sender.resume(7)).toBe(false);
	expect(sender.size).toBe(1);
});

test('a receiver that lost its count takes the first frame that comes as the next one', () => {
	const receiver = createReceiver(null);
	expect(receiver.receive(57)).toBe('apply');
	expect(receiver.receive(57)).toBe('duplicate');
	expect(receiver.receive(59)).toBe('gap');
	expect(receiver.last).toBe(57);
	receiver.rewind(3);
	expect(receiver.receive(4)).toBe('apply');
});
