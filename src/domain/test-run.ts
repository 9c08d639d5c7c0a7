import { splitCommand, wordsOf } from './shell-command.ts';

const RUNNERS =
	/^(vitest|jest|mocha|ava|pytest|tox|nose2|rspec|phpunit|ctest|playwright|cypress|gotestsum)$/;
const TESTED_BY: Record<string, RegExp> = {
	npm: /^(t|test|tst)$/,
	pnpm: /^(t|test)$/,
	yarn: /^test$/,
	bun: /^test$/,
	deno: /^test$/,
	node: /^--test$/,
	cargo: /^(test|nextest)$/,
	go: /^test$/,
	make: /^(test|check)$/,
	mvn: /^(test|verify)$/,
	gradle: /^(test|check)$/,
	gradlew: /^(test|check)$/,
	dotnet: /^test$/,
	swift: /^test$/,
	mix: /^test$/,
	zig: /^test$/
};

/** Whether a command line runs tests, as far as its words tell. */
export function isTestRun(command: string): boolean {
	return splitCommand(command).parts.some((part) => {
		const [program = '', first = '', second = ''] = wordsOf(part);
		const name = program.slice(program.lastIndexOf('/') + 1);
		if (RUNNERS.test(name)) return true;
		if (/^(npx|pnpx|bunx|uvx)$/.test(name)) return RUNNERS.test(first);
		if (/^python[\d.]*$/.test(name)) return first === '-m' && /^(pytest|unittest)$/.test(second);
		if (first === 'run') return /^test(:|$)/.test(second);
		return TESTED_BY[name]?.test(first) ?? false;
	});
}
