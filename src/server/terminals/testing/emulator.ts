// A terminal as a browser has it, without the browser: it follows the door's frames as the client does.
import headless from '@xterm/headless';
import unicode from '@xterm/addon-unicode11';
import { TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import { readSnapshot } from '#protocol/terminal/snapshot.ts';
import type { FakePeer } from './engine.ts';

export interface Emulator {
	readonly terminal: headless.Terminal;
	write(bytes: Uint8Array): void;
	resize(cols: number, rows: number): void;
	reset(): void;
	/** The visible cells, attributes included, and the cursor. */
	screen(): string[];
}

export function createEmulator(cols: number, rows: number, scrollback = 5_000): Emulator {
	const terminal = new headless.Terminal({ cols, rows, scrollback, allowProposedApi: true });
	terminal.loadAddon(new unicode.Unicode11Addon() as never);
	terminal.unicode.activeVersion = '11';
	const core = (
		terminal as unknown as {
			_core: { _writeBuffer: { writeSync(data: Uint8Array): void } };
		}
	)._core;
	return {
		terminal,
		write: (bytes) => core._writeBuffer.writeSync(bytes),
		resize: (c, r) => terminal.resize(c, r),
		reset: () => terminal.reset(),
		screen() {
			const { active } = terminal.buffer;
			const lines = [`${active.type} ${active.cursorX},${active.cursorY}`];
			for (let y = 0; y < terminal.rows; y++) {
				const line = active.getLine(active.baseY + y);
				let text = '';
				let style = '';
				for (let x = 0; x < terminal.cols; x++) {
					const cell = line?.getCell(x);
					if (!cell) continue;
					// Half of a wide character that a resize cut: shown as empty, and nobody can print it.
					const chars = x + cell.getWidth() > terminal.cols ? '' : cell.getChars();
					const next = [
						cell.getBgColorMode(),
						cell.getBgColor(),
						...(chars === ''
							? []
							: [
									cell.getFgColorMode(),
									cell.getFgColor(),
									cell.isBold(),
									cell.isInverse(),
									cell.isUnderline()
								])
					].join();
					if (next !== style) text += `{${next}}`;
					style = next;
					text += cell.getWidth() === 0 ? '' : chars || '·';
				}
				lines.push(text);
			}
			return lines;
		}
	};
}

/** Takes what a peer got since the last call, in the order of the wire, and applies sizes at their byte. */
export function createClient(peer: FakePeer, cols: number, rows: number) {
	const emulator = createEmulator(cols, rows);
	let offset = 0;
	let taken = 0;
	const sizes: { offset: number; cols: number; rows: number }[] = [];
	return {
		emulator,
		get offset() {
			return offset;
		},
		/** Goes on with another connection; sizes that were told and not reached are told again. */
		use(next: FakePeer) {
			peer = next;
			taken = 0;
			sizes.length = 0;
		},
		/** Applies new frames; returns whether there were any. */
		follow(most = Infinity): boolean {
			const before = taken;
			for (const item of peer.log.slice(taken, taken + most)) {
				taken++;
				if ('t' in item) {
					if (item.t === 'size') {
						if (item.offset <= offset) emulator.resize(item.cols, item.rows);
						else sizes.push(item);
					} else if (item.t === 'gap') offset = item.to;
					continue;
				}
				if (item.kind === TERMINAL_KIND.snapshot) {
					const snapshot = readSnapshot(item.payload)!;
					emulator.reset();
					emulator.resize(snapshot.cols, snapshot.rows);
					emulator.write(snapshot.text);
					offset = item.offset;
					sizes.length = 0;
				} else if (item.kind === TERMINAL_KIND.output) {
					if (item.offset !== offset) throw new Error(`hole: at ${offset}, got ${item.offset}`);
					let at = 0;
					while (at < item.payload.length) {
						const next = sizes[0];
						const end = next
							? Math.min(item.payload.length, at + next.offset - offset)
							: item.payload.length;
						emulator.write(item.payload.subarray(at, end));
						offset += end - at;
						at = end;
						while (sizes[0] && sizes[0].offset <= offset) {
							const size = sizes.shift()!;
							emulator.resize(size.cols, size.rows);
						}
					}
				}
			}
			return taken > before;
		}
	};
}
