// `village doctor`: looks at everything that must be right here, and says what to do about what is not.
import { command, configOf, EXIT, print, printJson, readArgs } from './usage.ts';
import { examine, type Finding } from './examination.ts';

export const help = `Usage: village doctor [options]

Checks configuration, data directory, database, port, clock, terminals, git, disk and proxies.

Options:
  --data-dir DIR   data directory (default: $VILLAGE_DATA_DIR or .village)
  --json           print {"ok": …, "findings": [{"name","ok","detail","fix"?}]}
  --help           show this text

Exit codes: 0 all is well, 1 something is wrong, 64 wrong usage.
`;

export function run(argv: string[]): Promise<number> {
	return command('doctor', async () => {
		const options = { 'data-dir': { type: 'string' }, json: { type: 'boolean' } } as const;
		const { values } = readArgs(argv, options);
		if (values.help) {
			process.stdout.write(help);
			return EXIT.ok;
		}
		const findings = await examine(() => configOf({ VILLAGE_DATA_DIR: values['data-dir'] }));
		const ok = findings.every((finding) => finding.ok);
		if (values.json) printJson({ ok, findings });
		else for (const finding of findings) print(inWords(finding));
		return ok ? EXIT.ok : EXIT.failed;
	});
}

function inWords({ name, ok, detail, fix }: Finding): string {
	const line = `${ok ? 'ok    ' : 'WRONG '} ${name.padEnd(14)} ${detail}`;
	return fix && !ok ? `${line}\n${' '.repeat(22)}→ ${fix}` : line;
}
