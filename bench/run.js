// `npm run bench [-- --only NAME[,NAME] --rounds N --json FILE]`: the measurements of docs/performance.md. Each benchmark runs
// in a process of its own, beside its baselines and in alternating rounds; ratios come first, because machines differ.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'vite';
import { build } from '../scripts/build.js';
import { duration, endAll, run } from '../scripts/run.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, '.cache', 'bench');

const { values } = parseArgs({
	options: {
		only: { type: 'string' },
		rounds: { type: 'string', default: '5' },
		json: { type: 'string' }
	}
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
	process.on(signal, () => (endAll('SIGKILL'), process.exit(130)));
}

const names = readdirSync(join(ROOT, 'bench'))
	.filter((file) => file.endsWith('.bench.ts'))
	.map((file) => file.slice(0, -'.bench.ts'.length))
	.filter((name) => !values.only || values.only.split(',').includes(name));
if (names.length === 0) {
	console.error(`No benchmark is called ${values.only}.`);
	process.exit(1);
}

await build(ROOT);
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
await bundle({
	root: ROOT,
	configFile: false,
	logLevel: 'warn',
	publicDir: false,
	ssr: { target: 'node', external: true },
	build: {
		ssr: true,
		outDir: OUT,
		target: 'node20',
		minify: false,
		rolldownOptions: {
			input: Object.fromEntries(
				[...names.map((name) => `${name}.bench`), 'one', 'fan-server', 'log-writer'].map((name) => [
					name,
					`bench/${name}.ts`
				])
			),
			output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
		}
	}
});

/** @type {import('./measure.ts').Row[]} */
const rows = [];
let machine = '';
for (const name of names) {
	const from = performance.now();
	const load = loadavg()[0] ?? 0;
	const { code, output } = await run(
		process.execPath,
		['--expose-gc', join(OUT, 'one.js'), join(OUT, `${name}.bench.js`), values.rounds],
		{ cwd: ROOT, env: { NODE_ENV: 'production', BENCH_OUT: OUT }, timeoutMs: 15 * 60_000 }
	);
	const line = output.split('\n').findLast((text) => text.startsWith('{"rows"'));
	if (code !== 0 || !line) {
		console.error(`✗ ${name} (${code})\n${output.trim()}\n`);
		process.exitCode = 1;
		continue;
	}
	const result = JSON.parse(line);
	machine = result.machine;
	rows.push(...result.rows);
	const busy = load > cpus().length ? `, the machine was busy: load ${load.toFixed(1)}` : '';
	console.log(`✓ ${name} (${duration(performance.now() - from)}${busy})`);
}

/** @param {import('./measure.ts').Row} row */
function cells(row) {
	const { median, low, high } = row.ratio ?? {};
	const show = (/** @type {number | undefined} */ value) =>
		value === undefined ? '' : value.toFixed(2);
	const ratio = row.ratio ? `**${show(median)}×** (${show(low)}–${show(high)}) ${row.against}` : '';
	return [
		row.bench,
		row.metric,
		ratio,
		row.ours,
		row.theirs,
		row.target,
		row.met === null ? '' : row.met ? 'yes' : 'no'
	];
}

const head = ['benchmark', 'measures', 'ratio (spread)', 'ours', 'baseline', 'target', 'met'];
const table = [head, head.map(() => '---'), ...rows.map(cells)]
	.map((row) => `| ${row.join(' | ')} |`)
	.join('\n');
console.log(`\n${machine}\n\n${table}`);
if (values.json) writeFileSync(values.json, JSON.stringify({ machine, rows }, null, '\t'));
