// The tables of docs/ that state facts of the code. `UPDATE_DOCS=1 npx vitest run --project node scripts/doc-tables.test.ts`
// writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { afterClose, CLOSE, closeReason } from '#protocol/close-codes.ts';
import { ERRORS } from '#protocol/errors.ts';
import { SETTINGS } from '#server/config.ts';

const update = process.env.UPDATE_DOCS === '1';

const settings = Object.entries(SETTINGS).map(([name, setting]) => {
	const parsed = z.safeParse(setting.schema as z.ZodType, undefined);
	return {
		name,
		doc: setting.doc,
		fallback: parsed.data === undefined ? '' : String(parsed.data)
	};
});

test('.env.example lists every setting with its default', () => {
	const wanted = [
		'# Every setting with its default. Copy this file to `.env` and change what you need.',
		'# What they mean in practice: docs/operating.md',
		...settings.flatMap(({ name, doc, fallback }) => ['', `# ${doc}`, `#${name}=${fallback}`]),
		''
	].join('\n');
	if (update) writeFileSync('.env.example', wanted);
	expect(readFileSync('.env.example', 'utf8')).toBe(wanted);
});

const quoted = (value: string | number) => (value === '' ? '' : `\`${value}\``);

const TABLES = [
	{
		file: 'docs/operating.md',
		mark: 'settings',
		head: ['variable', 'what it is', 'default'],
		rows: settings.map(({ name, doc, fallback }) => [quoted(name), doc, quoted(fallback)])
	},
	{
		file: 'docs/protocol.md',
		mark: 'close codes',
		head: ['code', 'reason', 'come back'],
		rows: Object.values(CLOSE).map((code) => [quoted(code), closeReason(code), afterClose(code)])
	},
	{
		file: 'docs/protocol.md',
		mark: 'error codes',
		head: ['code', 'status', 'again may help'],
		rows: Object.entries(ERRORS).map(([code, kind]) => [
			quoted(code),
			String(kind.status),
			kind.retry ? 'yes' : 'no'
		])
	}
];

/** Cells without the padding that the formatter adds. */
const cells = (table: string) =>
	table
		.trim()
		.split('\n')
		.filter((line) => !/^[|\s:-]*$/.test(line))
		.map((line) =>
			line
				.replace(/^\||\|$/g, '')
				.split('|')
				.map((cell) => cell.trim())
		);

test.each(TABLES)(
	'the table of $mark in $file is the one of the code',
	({ file, mark, head, rows }) => {
		const between = new RegExp(`(<!-- ${mark} -->)([\\s\\S]*?)(<!-- /${mark} -->)`);
		if (update) {
			const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
			const text = readFileSync(file, 'utf8');
			writeFileSync(file, text.replace(between, `$1\n\n${lines.join('\n')}\n\n$3`));
		}
		const table = between.exec(readFileSync(file, 'utf8'))?.[2] ?? '';
		expect(cells(table)).toEqual([head, ...rows]);
	}
);
