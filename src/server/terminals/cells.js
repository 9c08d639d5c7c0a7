// The cells of a terminal's buffer as text that prints the same cells: wrapped lines stay wrapped, erased cells stay
// erased, in the background they were erased with. (xterm's serialize addon loses backgrounds of empty lines, which
// is most of what a full-screen program paints.)

/**
 * @typedef {import('@xterm/headless').IBuffer} Buffer
 * @typedef {import('@xterm/headless').IBufferCell} Cell
 */

/**
 * @param {Buffer} buffer
 * @param {number} cols
 * @param {number} start first line
 * @returns {string} text for a cursor at the upper left of an empty screen; it leaves default attributes
 */
export function printCells(buffer, cols, start) {
	const pen = createPen(cols);
	let cell = buffer.getNullCell();
	for (let y = start; y < buffer.length; y++) {
		const line = buffer.getLine(y);
		if (!line) break;
		pen.row();
		for (let x = 0; x < cols; x++) {
			cell = line.getCell(x, cell) ?? cell;
			if (cell.getWidth() === 0) continue;
			// A resize may leave the first half of a wide character in the last column: nobody can print that.
			const cut = x + cell.getWidth() > cols;
			if (cut || cell.getChars() === '') pen.empty(background(cell));
			else pen.print(sgr(cell), cell.getChars(), cell.getWidth(), isPlain(cell));
		}
		if (y + 1 >= buffer.length) pen.lastRow();
		else if (buffer.getLine(y + 1)?.isWrapped)
			pen.wrap(
				Boolean(
					buffer
						.getLine(y + 1)
						?.getCell(0, cell)
						?.getChars()
				)
			);
		else pen.newLine();
	}
	return pen.text();
}

const PLAIN = '\x1b[0m';

/** @param {number} cols */
function createPen(cols) {
	let out = '';
	let style = PLAIN;
	/** Where the cursor is; `cols` when the line is full and not wrapped yet. */
	let x = 0;
	/** Empty cells that were not painted yet, as runs of one background. */
	/** @type {{ style: string, length: number }[]} */
	let gap = [];
	/** The line may hold a background of its own, because it was scrolled in by a colored character. */
	let tinted = false;
	let inked = false;

	/** @param {string} next */
	function use(next) {
		if (next !== style) out += next;
		style = next;
	}

	/** @param {boolean} moving whether the cursor goes behind the run */
	function fill(moving) {
		for (const [i, run] of gap.entries()) {
			if (run.style !== PLAIN || tinted) {
				use(run.style);
				out += `\x1b[${run.length}X`;
			}
			if (moving || i < gap.length - 1) out += `\x1b[${run.length}C`;
			x += run.length;
		}
		gap = [];
	}

	return {
		text: () => out,
		row() {
			x = 0;
			inked = false;
		},
		/** @param {string} next */
		empty(next) {
			const last = gap.at(-1);
			if (last?.style === next) last.length++;
			else gap.push({ style: next, length: 1 });
		},
		/**
		 * @param {string} next
		 * @param {string} chars
		 * @param {number} width
		 * @param {boolean} plain
		 */
		print(next, chars, width, plain) {
			fill(true);
			use(next);
			out += chars;
			x += width;
			// The character that wraps the line above scrolls a line in, in its own background.
			if (!inked && !plain) tinted = true;
			inked = true;
		},
		newLine() {
			fill(false);
			use(PLAIN);
			out += '\r\n';
			tinted = false;
		},
		lastRow() {
			fill(false);
			use(PLAIN);
		},
		/** @param {boolean} printsFirst whether the next line begins with a character */
		wrap(printsFirst) {
			if (gap.length === 0 && x === cols && printsFirst) {
				tinted = false;
				return;
			}
			// Nothing but printing wraps a line: dashes do, and are erased again.
			const at = x;
			const runs = gap;
			gap = [];
			use(PLAIN);
			out += `${'-'.repeat(cols - at + 1)}\b\x1b[X`;
			if (runs.length > 0) {
				out += `\x1b[A\x1b[${at + 1}G`;
				gap = runs;
				tinted = true;
				fill(false);
				use(PLAIN);
				out += '\x1b[B\r';
			}
			tinted = false;
		}
	};
}

/** @param {Cell} cell whether it has the default background */
function isPlain(cell) {
	return cell.isBgDefault() && !cell.isInverse();
}

/** @param {Cell} cell what an erased cell looks like: only its background */
function background(cell) {
	if (cell.isBgDefault()) return PLAIN;
	/** @type {string[]} */
	const codes = ['0'];
	color(codes, cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), 40);
	return `\x1b[${codes.join(';')}m`;
}

/** @param {any} attributes a cell or attributes @returns {string} the sequence that sets exactly these */
export function sgr(attributes) {
	const codes = ['0'];
	if (attributes.isBold()) codes.push('1');
	if (attributes.isDim()) codes.push('2');
	if (attributes.isItalic()) codes.push('3');
	if (attributes.isUnderline()) {
		const style = attributes.getUnderlineStyle?.() ?? 1;
		codes.push(style > 1 ? `4:${style}` : '4');
	}
	if (attributes.isBlink()) codes.push('5');
	if (attributes.isInverse()) codes.push('7');
	if (attributes.isInvisible()) codes.push('8');
	if (attributes.isStrikethrough()) codes.push('9');
	if (attributes.isOverline()) codes.push('53');
	color(codes, attributes.isFgRGB(), attributes.isFgPalette(), attributes.getFgColor(), 30);
	color(codes, attributes.isBgRGB(), attributes.isBgPalette(), attributes.getBgColor(), 40);
	return `\x1b[${codes.join(';')}m`;
}

/**
 * @param {string[]} codes
 * @param {boolean | number} rgb
 * @param {boolean | number} palette
 * @param {number} value
 * @param {number} first 30 foreground, 40 background
 */
function color(codes, rgb, palette, value, first) {
	if (rgb) codes.push(`${first + 8};2;${value >> 16};${(value >> 8) & 255};${value & 255}`);
	else if (palette) codes.push(value < 8 ? `${first + value}` : `${first + 8};5;${value}`);
}
