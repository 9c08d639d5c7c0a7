import { readFileSync } from 'node:fs';

const FIXTURES = new URL('../../runner/providers/fixtures/', import.meta.url);

/** The lines of a recorded stream (providers/fixtures/README.md), such as `codex/command-allowed`. */
export function recorded(name: string): Record<string, unknown>[] {
	return readFileSync(new URL(`${name}.jsonl`, FIXTURES), 'utf8')
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line) as Record<string, unknown>);
}
