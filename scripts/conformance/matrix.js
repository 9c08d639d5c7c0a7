// What was seen, as a table: program × version × capability.
import { writeFileSync } from 'node:fs';

/** @typedef {{ vendor: string, version: string, outcomes: import('./cases.js').Outcome[] }} Column */

/** @param {string} file @param {Column[]} columns */
export function writeMatrix(file, columns) {
	const rows = [
		...new Set(columns.flatMap(({ outcomes }) => outcomes.map((one) => one.capability)))
	];
	/** @param {Column} column @param {string} row */
	const mark = ({ outcomes }, row) => {
		const outcome = outcomes.find(({ capability }) => capability === row);
		return outcome ? (outcome.problem === null ? '✓' : '✗') : '–';
	};
	const table = [
		['', ...columns.map(({ vendor, version }) => `${vendor} ${version}`)],
		['---', ...columns.map(() => ':-:')],
		...rows.map((row) => [row, ...columns.map((column) => mark(column, row))])
	];
	writeFileSync(
		file,
		`# Agent programs that were tried

Written by \`npm run conformance\`, which plays each case with the real program, as it comes from npm, against our fake model. ✓ it does
what the case asks, ✗ it does not, – it has no such case. Cases that begin with “terminal” use the program's own interface; the last
row is the whole way: a village, the program behind its driver, two people in two browsers.

${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`
	);
}
