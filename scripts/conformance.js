// `npm run conformance [-- --only VENDOR] [--case WORDS] [--record DIR]`: the real agent programs against our fake model. Installs them into a
// cache outside the tree, needs no account, writes docs/conformance.md when all of it was played, and ends with
// `N passed, N failed`.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureCli, vendors } from './conformance/clis.js';
import { playCases } from './conformance/cases.js';
import { playJourneys } from './conformance/journeys.js';
import { writeMatrix } from './conformance/matrix.js';
import { recorder } from './conformance/record.js';
import { duration, endAll, run } from './run.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const VILLAGE = join(ROOT, 'bin', 'village.js');

const { values } = parseArgs({
	options: {
		only: { type: 'string', multiple: true },
		case: { type: 'string' },
		record: { type: 'string' }
	}
});
if (!existsSync(join(ROOT, 'dist', 'village.js'))) {
	console.error('conformance: run `npm run build` first');
	process.exit(1);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
	process.on(signal, () => {
		endAll('SIGKILL');
		process.exit(130);
	});
}

const total = { passed: 0, failed: 0 };
/** @param {import('./conformance/cases.js').Outcome} outcome */
function tell({ capability, problem, ms }) {
	total[problem === null ? 'passed' : 'failed']++;
	console.log(`  ${problem === null ? '✓' : '✗'} ${capability} (${duration(ms)})`);
	if (problem !== null) console.log(problem.replace(/^/gm, '      '));
}

const chosen = vendors().filter((name) => values.only?.includes(name) ?? true);
/** @type {import('./conformance/matrix.js').Column[]} */
const columns = [];
for (const vendor of chosen) {
	const cli = await ensureCli(vendor);
	console.log(`${vendor} ${cli.version}`);
	/** @type {import('./conformance/cases.js').Outcome[]} */
	const outcomes = [];
	columns.push({ vendor, version: cli.version, outcomes });
	const { cases } = /** @type {{ cases: import('./conformance/cases.js').Case[] }} */ (
		await import(`./conformance/${vendor}.js`)
	);
	const wanted = cases.filter(({ capability }) => capability.includes(values.case ?? ''));
	const keep = values.record ? recorder(join(values.record, vendor)) : () => {};
	await playCases(wanted, cli, VILLAGE, keep, (outcome) => {
		outcomes.push(outcome);
		tell(outcome);
	});
}
if (values.case === undefined) {
	console.log('in the village');
	await playJourneys(ROOT, chosen, (vendor, outcome) => {
		columns.find((column) => column.vendor === vendor)?.outcomes.push(outcome);
		tell({ ...outcome, capability: `${vendor} ${outcome.capability}` });
	});
	if (chosen.length === vendors().length) {
		const file = join(ROOT, 'docs', 'conformance.md');
		writeMatrix(file, columns);
		await run(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', file], {
			cwd: ROOT
		});
	}
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
