// Runs one benchmark in this process and prints its rows as the last line.
import { pathToFileURL } from 'node:url';
import { machine, type Row } from './measure.ts';

/** What a `*.bench.ts` exports. */
export type Bench = (rounds: number) => Promise<Row[]>;

const [file = '', rounds = '5'] = process.argv.slice(2);
const { default: bench } = (await import(pathToFileURL(file).href)) as { default: Bench };
const rows = await bench(Number(rounds));
console.log(JSON.stringify({ rows, machine: machine() }));
process.exit(0);
