// The journeys with real programs through a real village and real browsers (e2e/real-agents.conformance.ts), one per program.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.js';
import { chromium } from '../test-tools.js';

/** @typedef {import('./clis.js').Vendor} Vendor */

/** What a journey proves, as a row of the matrix. */
export const JOURNEY = 'in the village: a yes runs it, a no does not';

/**
 * @param {string} root
 * @param {Vendor[]} vendors
 * @param {(vendor: Vendor, outcome: import('./cases.js').Outcome) => void} tell
 */
export async function playJourneys(root, vendors, tell) {
	const browser = await chromium();
	const dir = mkdtempSync(join(tmpdir(), 'vj-'));
	const file = join(dir, 'report.json');
	const { code, output } = await run(
		process.execPath,
		[
			join('node_modules', '@playwright/test/cli.js'),
			...['test', '--config', 'e2e/conformance.config.ts', '--reporter=json']
		],
		{
			cwd: root,
			env: {
				VILLAGE_AGENTS: vendors.join(','),
				PLAYWRIGHT_JSON_OUTPUT_FILE: file,
				...(browser ? { CHROMIUM_PATH: browser } : {})
			}
		}
	);
	try {
		/** @type {any} */
		const { suites } = JSON.parse(readFileSync(file, 'utf8'));
		const specs = suites.flatMap((/** @type {any} */ suite) => suite.specs);
		for (const vendor of vendors) {
			const spec = specs.find((/** @type {any} */ one) => one.title.startsWith(`${vendor}:`));
			const result = spec?.tests[0]?.results.at(-1);
			const problem = spec?.ok ? null : (result?.error?.message ?? 'it was not played');
			tell(vendor, { capability: JOURNEY, problem, ms: result?.duration ?? 0 });
		}
	} catch {
		for (const vendor of vendors)
			tell(vendor, {
				capability: JOURNEY,
				problem: `the journeys ended with ${code}\n${output.slice(-2000)}`,
				ms: 0
			});
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}
