// A headless terminal as text that paints the same terminal: cells, margins, saved cursor, line-drawing sets, modes,
// mouse encoding, tab stops, and a line that is full but not wrapped yet. Reads the emulator's inside where its
// interface is silent: its version is pinned, and screen.test.ts compares cell by cell.
import { printCells, sgr } from './cells.js';

/** @typedef {import('@xterm/headless').Terminal} Terminal */

/**
 * @param {Terminal} terminal
 * @param {number} scrollback lines above the screen
 * @returns {string} text for a terminal of the same size that was just reset
 */
export function paint(terminal, scrollback) {
	const core = /** @type {any} */ (terminal)._core;
	const { normal, alternate, active } = terminal.buffer;
	const start = Math.max(0, normal.length - terminal.rows - scrollback);
	let text = printCells(normal, terminal.cols, start);
	if (active.type === 'alternate') {
		const below = core._bufferService.buffers.normal;
		text += margins(below, terminal.rows) + cursorOf(below) + '\x1b[?1049h\x1b[m\x1b[2J\x1b[H';
		text += printCells(alternate, terminal.cols, 0);
	}
	return text + finish(terminal, core);
}

/** @param {any} buffer @param {number} rows */
function margins(buffer, rows) {
	if (buffer.scrollTop === 0 && buffer.scrollBottom === rows - 1) return '';
	return `\x1b[${buffer.scrollTop + 1};${buffer.scrollBottom + 1}r`;
}

/** @param {any} buffer where a DECSC in it would be, painted with the attributes it saved */
function cursorOf(buffer) {
	return (
		`\x1b[${buffer.savedY - buffer.ybase + 1};${buffer.savedX + 1}H` + sgr(buffer.savedCurAttrData)
	);
}

/**
 * Everything that is no cell: in an order in which nothing undoes what came before.
 * @param {Terminal} terminal
 * @param {any} core
 */
function finish(terminal, core) {
	const buffer = core._bufferService.buffer;
	const modes = terminal.modes;
	const inside = core.coreService.decPrivateModes;
	let text = '';

	text += tabStops(buffer, terminal.cols);
	// The saved cursor: put there, saved, and everything moved on. Its origin mode is not saved by the emulator.
	if (buffer.savedX || buffer.savedY)
		text += `${cursorOf(buffer)}${charsets([buffer.savedCharset], 0)}\x1b7`;
	text += margins(buffer, terminal.rows);
	if (modes.applicationCursorKeysMode) text += '\x1b[?1h';
	if (modes.applicationKeypadMode) text += '\x1b[?66h';
	if (modes.bracketedPasteMode) text += '\x1b[?2004h';
	if (modes.originMode) text += '\x1b[?6h';
	if (modes.reverseWraparoundMode) text += '\x1b[?45h';
	if (modes.sendFocusMode) text += '\x1b[?1004h';
	if (core.optionsService.rawOptions.convertEol) text += '\x1b[20h';
	const tracking = { none: '', x10: '9', vt200: '1000', drag: '1002', any: '1003' };
	if (modes.mouseTrackingMode !== 'none') text += `\x1b[?${tracking[modes.mouseTrackingMode]}h`;
	const encoding = core.coreMouseService?.activeEncoding;
	if (encoding === 'SGR') text += '\x1b[?1006h';
	else if (encoding === 'SGR_PIXELS') text += '\x1b[?1016h';
	if (core.coreService.isCursorHidden) text += '\x1b[?25l';
	if (inside.cursorStyle) {
		const styles = { block: 2, underline: 4, bar: 6 };
		const style = styles[/** @type {'block'} */ (inside.cursorStyle)];
		text += `\x1b[${style - (inside.cursorBlink ? 1 : 0)} q`;
	}

	const row = buffer.y - (modes.originMode ? buffer.scrollTop : 0) + 1;
	const sets = charsets(core._charsetService._charsets, core._charsetService.glevel);
	const current = sgr(core._inputHandler._curAttrData);
	const printed = core._inputHandler._parser.precedingJoinState !== 0;
	const full = buffer.x >= terminal.cols;
	const last = beforeCursor(terminal);
	// Printing the character before the cursor again restores a line that is full and not wrapped yet, and lets an
	// accent that comes next find its letter. Insert mode, or a line that never wraps, would shift it.
	if (last && (printed || full) && !modes.insertMode && modes.wraparoundMode) {
		text += `\x1b[${row};${last.at + 1}H`;
		return printed && sets === ''
			? text + current + last.cell.getChars()
			: text + sgr(last.cell) + last.cell.getChars() + current + sets;
	}
	if (!modes.wraparoundMode) text += '\x1b[?7l';
	if (modes.insertMode) text += '\x1b[4h';
	return `${text}\x1b[${row};${Math.min(buffer.x, terminal.cols - 1) + 1}H${current}${sets}`;
}

/** @param {Terminal} terminal the character that ends where the cursor is */
function beforeCursor(terminal) {
	const { active } = terminal.buffer;
	const x = active.cursorX;
	const line = active.getLine(active.baseY + active.cursorY);
	if (!line || x === 0) return null;
	let at = x - 1;
	if (at > 0 && line.getCell(at)?.getWidth() === 0) at--;
	const cell = line.getCell(at);
	if (!cell || cell.getChars() === '' || at + cell.getWidth() !== x) return null;
	return { at, cell };
}

/** @param {any} buffer @param {number} cols */
function tabStops(buffer, cols) {
	const stops = Object.keys(buffer.tabs)
		.map(Number)
		.filter((x) => buffer.tabs[x] && x < cols);
	const usual = stops.every((x) => x % 8 === 0) && stops.length === Math.ceil(cols / 8);
	if (usual) return '';
	return '\x1b[3g' + stops.map((x) => `\x1b[1;${x + 1}H\x1bH`).join('');
}

/** @param {any[]} sets G0..G3 @param {number} level */
function charsets(sets, level) {
	let text = '';
	for (const [i, set] of [...sets].entries()) if (set?.q === '─') text += `\x1b${'()*+'[i]}0`;
	if (level === 1) text += '\x0e';
	return text;
}
