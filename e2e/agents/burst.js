// Prints numbered lines at a given rate and writes the same bytes to a file of its own, the truth that a transcript is
// compared with. `node burst.js FILE MEGABYTES_PER_SECOND MOST_MEGABYTES`; it ends when FILE.stop appears, and after so many
// megabytes it only waits for that. The terminal must not translate: run `stty -opost` first.
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';

const [file, rate, most] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const log = openSync(file, 'w');
const LINE = 128;
const BATCH = 512;
const perMs = (rate * 1e6) / 1000 / (LINE * BATCH);

/** Writes everything to standard output, however little the terminal takes at a time. @param {Buffer} bytes */
function print(bytes) {
	for (let at = 0; at < bytes.length;) {
		try {
			at += writeSync(1, bytes, at);
		} catch (error) {
			if (error.code !== 'EAGAIN') throw error;
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
		}
	}
}

let line = 0;
let batches = 0;
const begun = performance.now();
while (!existsSync(`${file}.stop`)) {
	const enough = line * LINE > most * 1e6;
	if (enough || batches > perMs * (performance.now() - begun)) {
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		continue;
	}
	let text = '';
	for (let i = 0; i < BATCH; i++)
		text += `${String(line++).padStart(10, '0')} `.padEnd(LINE - 1, 'abcdefghij') + '\n';
	const bytes = Buffer.from(text);
	writeSync(log, bytes);
	print(bytes);
	batches++;
}
const end = Buffer.from('@@END@@\n');
writeSync(log, end);
print(end);
closeSync(log);
