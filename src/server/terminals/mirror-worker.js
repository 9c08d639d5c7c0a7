// Runs headless terminals in a worker thread, so that painting a screen for somebody who comes late never holds the
// server's event loop. Plain JavaScript, because Node starts this file itself.
import { parentPort } from 'node:worker_threads';
import unicode from '@xterm/addon-unicode11';
import headless from '@xterm/headless';
import { createGroundScanner, safeStart } from './ground.js';
import { paint } from './screen.js';

/** An unfinished escape sequence longer than this is taken as it is: no program means it. */
const LONGEST_SEQUENCE = 262_144;

/**
 * @typedef {object} Mirror
 * @property {import('@xterm/headless').Terminal} terminal
 * @property {ReturnType<typeof createGroundScanner>} scanner
 * @property {number} offset everything before it is on the screen
 * @property {Uint8Array} tail the beginning of a sequence whose end has not come; it begins at `offset`
 * @property {{ offset: number, cols: number, rows: number }[]} sizes not yet in force
 */

/** @type {Map<string, Mirror>} */
const mirrors = new Map();

/** @param {import('./mirrors.ts').MirrorRequest} request */
function answer(request) {
	switch (request.op) {
		case 'open': {
			const terminal = new headless.Terminal({
				cols: request.cols,
				rows: request.rows,
				scrollback: request.scrollback,
				allowProposedApi: true
			});
			terminal.loadAddon(/** @type {any} */ (new unicode.Unicode11Addon()));
			terminal.unicode.activeVersion = '11';
			if (request.text) write(terminal, request.text);
			mirrors.set(request.id, {
				terminal,
				scanner: createGroundScanner(),
				offset: request.offset,
				tail: new Uint8Array(0),
				sizes: []
			});
			return {};
		}
		case 'feed':
			feed(must(request.id), request.bytes, request.sizes);
			return {};
		case 'skip': {
			// Bytes are lost: whatever sequence was under way is cut off, as a terminal would on a broken line.
			const mirror = must(request.id);
			write(mirror.terminal, Uint8Array.of(0x18));
			mirror.scanner.reset();
			mirror.tail = new Uint8Array(0);
			mirror.offset = request.offset;
			applySizes(mirror, request.offset);
			return {};
		}
		case 'safeStart':
			return { at: safeStart(request.bytes) };
		case 'paint': {
			const mirror = must(request.id);
			const text = paint(mirror.terminal, request.scrollback);
			return {
				offset: mirror.offset,
				cols: mirror.terminal.cols,
				rows: mirror.terminal.rows,
				text: new TextEncoder().encode(text)
			};
		}
		case 'close':
			mirrors.get(request.id)?.terminal.dispose();
			mirrors.delete(request.id);
			return {};
	}
}

/** @param {string} id */
function must(id) {
	const mirror = mirrors.get(id);
	if (!mirror) throw new Error('no such mirror');
	return mirror;
}

/**
 * @param {Mirror} mirror
 * @param {Uint8Array} bytes
 * @param {{ offset: number, cols: number, rows: number }[]} sizes
 */
function feed(mirror, bytes, sizes) {
	mirror.sizes.push(...sizes);
	const safe = mirror.scanner.scan(bytes);
	let all = bytes;
	if (mirror.tail.length > 0) {
		all = new Uint8Array(mirror.tail.length + bytes.length);
		all.set(mirror.tail);
		all.set(bytes, mirror.tail.length);
	}
	let end = safe > 0 ? mirror.tail.length + safe : 0;
	if (all.length - end > LONGEST_SEQUENCE) end = all.length;
	let at = 0;
	while (at < end) {
		applySizes(mirror, mirror.offset);
		const next = mirror.sizes[0];
		const stop = next ? Math.min(end, at + next.offset - mirror.offset) : end;
		write(mirror.terminal, all.subarray(at, stop));
		mirror.offset += stop - at;
		at = stop;
	}
	mirror.tail = all.slice(end);
	if (mirror.tail.length === 0) applySizes(mirror, mirror.offset);
}

/**
 * @param {Mirror} mirror
 * @param {number} offset
 */
function applySizes(mirror, offset) {
	while (mirror.sizes[0] && mirror.sizes[0].offset <= offset) {
		const size = mirror.sizes.shift();
		if (size) mirror.terminal.resize(size.cols, size.rows);
	}
}

/**
 * @param {import('@xterm/headless').Terminal} terminal
 * @param {Uint8Array} bytes
 */
function write(terminal, bytes) {
	/** @type {any} */ (terminal)._core._writeBuffer.writeSync(bytes);
}

parentPort?.on('message', (/** @type {import('./mirrors.ts').MirrorRequest} */ request) => {
	try {
		parentPort?.postMessage({ n: request.n, ...answer(request) });
	} catch (error) {
		parentPort?.postMessage({ n: request.n, error: String(error) });
	}
});
