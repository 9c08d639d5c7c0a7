// As much of the tar format as a backup needs: plain files, ustar headers.

const BLOCK = 512;
/** Sizes are 11 octal digits. */
const MAX_SIZE = 8 ** 11 - 1;

export interface TarEntry {
	name: string;
	size: number;
}

/** The header of a file. Throws for names that do not fit (100 bytes, or 155 + 100 around a slash). */
export function tarHeader({ name, size }: TarEntry, mtime: Date): Buffer {
	const [prefix, base] = splitName(name);
	if (size > MAX_SIZE) throw new Error(`${name} is too large for a backup`);
	const header = Buffer.alloc(BLOCK);
	header.write(base, 0, 100);
	header.write('0000600\0', 100);
	header.write('0000000\0', 108);
	header.write('0000000\0', 116);
	header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
	header.write(
		`${Math.floor(mtime.getTime() / 1000)
			.toString(8)
			.padStart(11, '0')}\0`,
		136
	);
	header.write(' '.repeat(8), 148);
	header.write('0', 156);
	header.write('ustar\u000000', 257);
	header.write(prefix, 345, 155);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return header;
}

/** Zeros that fill the last block of a file of that size. */
export function tarPadding(size: number): Buffer {
	return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The end of an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

function splitName(name: string): [string, string] {
	if (Buffer.byteLength(name) <= 100) return ['', name];
	for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
		const [prefix, base] = [name.slice(0, at), name.slice(at + 1)];
		if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(base) <= 100) return [prefix, base];
	}
	throw new Error(`the name ${name} is too long for a backup`);
}

/**
 * Reads an archive as it streams by: `open` is called for every file and says where its bytes go.
 * Throws for anything but plain files with whole headers.
 */
export async function readTar(
	bytes: AsyncIterable<Buffer>,
	open: (entry: TarEntry) => { write(chunk: Buffer): void; end(): void }
): Promise<void> {
	let rest: Buffer = Buffer.alloc(0);
	let file: { write(chunk: Buffer): void; end(): void } | null = null;
	let left = 0;
	let padding = 0;
	let ended = false;
	for await (const chunk of bytes) {
		if (ended) continue;
		rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		for (;;) {
			if (file) {
				const part = rest.subarray(0, left);
				file.write(part);
				left -= part.length;
				rest = rest.subarray(part.length);
				if (left > 0) break;
				file.end();
				file = null;
			}
			if (rest.length < padding) break;
			rest = rest.subarray(padding);
			padding = 0;
			if (rest.length < BLOCK) break;
			const header = rest.subarray(0, BLOCK);
			rest = rest.subarray(BLOCK);
			if (header.every((byte) => byte === 0)) {
				ended = true;
				break;
			}
			const entry = readHeader(header);
			left = entry.size;
			padding = tarPadding(entry.size).length;
			file = open(entry);
		}
	}
	if (!ended) throw new Error('the archive is cut short');
}

function readHeader(header: Buffer): TarEntry {
	const text = (from: number, length: number) => {
		const field = header.subarray(from, from + length);
		const end = field.indexOf(0);
		return field.subarray(0, end < 0 ? length : end).toString();
	};
	const octal = (from: number, length: number) => Number.parseInt(text(from, length).trim(), 8);
	const copy = Buffer.from(header);
	copy.fill(' ', 148, 156);
	const sum = copy.reduce((total, byte) => total + byte, 0);
	const size = octal(124, 12);
	if (octal(148, 8) !== sum || !(size >= 0)) throw new Error('the archive is damaged');
	if (text(156, 1) !== '0') throw new Error('the archive holds something that is no file');
	const prefix = text(345, 155);
	return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size };
}
