// Plays the cases of one program, one after the other, each in a world of its own.
import { deepStrictEqual } from 'node:assert';
import { openBox } from './box.js';

/**
 * @typedef {{
 *   equal(actual: unknown, expected: unknown): void,
 *   keep(name: string, lines: unknown[]): void
 * }} Tools `keep` hands over a stream that was seen, under a name.
 * @typedef {{
 *   capability: string,
 *   scenario: object,
 *   play(box: import('./box.js').Box, cli: import('./clis.js').Cli, tools: Tools): Promise<void>
 * }} Case
 * @typedef {{ capability: string, problem: string | null, ms: number }} Outcome
 */

/**
 * @param {Case[]} cases
 * @param {import('./clis.js').Cli} cli
 * @param {string} village path of our program
 * @param {(name: string, lines: unknown[], box: import('./box.js').Box) => void} keep
 * @param {(outcome: Outcome) => void} tell called as each ends
 */
export async function playCases(cases, cli, village, keep, tell) {
	for (const one of cases) {
		const begun = performance.now();
		/** @type {string | null} */
		let problem = null;
		try {
			const box = await openBox(village, one.scenario);
			try {
				await one.play(box, cli, {
					equal: (actual, expected) => deepStrictEqual(actual, expected),
					keep: (name, lines) => keep(name, lines, box)
				});
			} finally {
				box.close();
			}
		} catch (error) {
			problem = error instanceof Error ? error.message : String(error);
		}
		tell({ capability: one.capability, problem, ms: performance.now() - begun });
	}
}
