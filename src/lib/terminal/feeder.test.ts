import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFeeder, type Screen } from './feeder.ts';

/** An emulator that parses later, as xterm does, and writes down what happened. */
function slowScreen() {
	const waiting: (() => void)[] = [];
	let log = '';
	const screen: Screen = {
		write(data, parsed) {
			waiting.push(() => {
				log += new TextDecoder('latin1').decode(data);
				parsed();
			});
		},
		resize: (cols, rows) => void (log += `<${cols}x${rows}>`),
		reset: () => void (log = '')
	};
	return {
		screen,
		parse(n = Infinity) {
			for (let i = 0; i < n && waiting.length > 0; i++) waiting.shift()!();
		},
		get log() {
			return log;
		}
	};
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('a size is applied at exactly its byte, after everything before it is parsed', () => {
	const slow = slowScreen();
	const feeder = createFeeder(slow.screen, () => {});
	feeder.begin(0);
	feeder.size(3, 100, 30);
	feeder.bytes(0, bytes('abcdef'));
	expect(slow.log).toBe('');
	slow.parse();
	expect(slow.log).toBe('abc<100x30>def');
	feeder.close();
});

test('a snapshot replaces everything, and bytes go on behind it', () => {
	const slow = slowScreen();
	const feeder = createFeeder(slow.screen, () => {});
	feeder.begin(0);
	feeder.bytes(0, bytes('old'));
	feeder.snapshot(500, 90, 25, bytes('screen'));
	feeder.bytes(500, bytes('!'));
	slow.parse();
	expect(slow.log).toBe('<90x25>screen!');
	expect(feeder.received).toBe(501);
	feeder.close();
});

test('what a reconnect repeats is shown once', () => {
	const slow = slowScreen();
	const feeder = createFeeder(slow.screen, () => {});
	feeder.begin(0);
	feeder.bytes(0, bytes('abc'));
	feeder.bytes(1, bytes('bcd'));
	feeder.bytes(0, bytes('ab'));
	slow.parse();
	expect(slow.log).toBe('abcd');
	feeder.close();
});

test('parsed bytes are acknowledged, and only those', () => {
	const slow = slowScreen();
	const acks: number[] = [];
	const feeder = createFeeder(slow.screen, (offset) => acks.push(offset));
	feeder.begin(0);
	for (let i = 0; i < 4; i++) feeder.bytes(i * 50_000, new Uint8Array(50_000));
	expect(acks).toEqual([]);
	slow.parse(2);
	expect(acks).toEqual([100_000]);
	slow.parse();
	expect(acks).toEqual([100_000, 200_000]);
	feeder.close();
});

test('however it is cut, everything comes out once, in order, each size at its byte', () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
			fc.array(fc.nat(40), { maxLength: 4 }),
			fc.infiniteStream(fc.nat(3)),
			(cuts, at, dice) => {
				const slow = slowScreen();
				const feeder = createFeeder(slow.screen, () => {});
				const text = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'.slice(
					0,
					cuts.reduce((sum, cut) => sum + cut, 0)
				);
				const sizes = at.filter((offset) => offset <= text.length).sort((a, b) => a - b);
				feeder.begin(0);
				let sent = 0;
				let told = 0;
				for (const cut of cuts) {
					while (told < sizes.length && sizes[told]! <= sent + cut)
						feeder.size(sizes[told]!, 100 + told++, 24);
					feeder.bytes(sent, bytes(text.slice(sent, sent + cut)));
					sent += cut;
					if (dice.next().value === 0) slow.parse(1);
				}
				while (told < sizes.length) feeder.size(sizes[told]!, 100 + told++, 24);
				slow.parse();
				let want = '';
				for (let i = 0; i <= text.length; i++) {
					for (const [n, offset] of sizes.entries()) if (offset === i) want += `<${100 + n}x24>`;
					want += text[i] ?? '';
				}
				expect(slow.log).toBe(want);
				feeder.close();
			}
		)
	);
});
