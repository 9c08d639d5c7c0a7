// `npm test`: proves everything, cheap before dear, and ends with `N passed, N failed`. Plain Node, no dependencies: on a
// fresh clone it installs what it needs first. Leaves no process behind and no file except ignored ones.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './conformance/clis.js';
import { install, requireNode } from './install.js';
import { duration, endAll, run } from './run.js';
import { chromium, postgres } from './test-tools.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const begun = performance.now();

requireNode();
/** Everything of this run lives here, so that what is left of it can be found. Short: socket paths have 103 bytes. */
const scratch = mkdtempSync(join(process.platform === 'win32' ? tmpdir() : '/tmp', 'vt-'));
const total = { passed: 0, failed: 0 };

/** @typedef {{ passed: number, failed: number }} Counts */
/** @typedef {{ name: string, command: string[][], env?: Record<string, string | undefined>, count?: (output: string) => Counts, timeoutMs?: number }} Stage */

const bin = (/** @type {string} */ path, /** @type {string[]} */ ...args) => [
	process.execPath,
	join('node_modules', path),
	...args
];

/** @param {string} file @returns {any} */
const report = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @param {string} project @param {Record<string, string | undefined>} env @returns {Stage} */
function vitest(project, env) {
	const file = join(scratch, `${project}.json`);
	const args = [
		'run',
		'--project',
		project,
		'--reporter=default',
		'--reporter=json',
		`--outputFile.json=${file}`
	];
	return {
		name: project === 'node' ? 'unit' : project,
		// Vitest leaves one core free, which on two cores means half the speed.
		command: [bin('vitest/vitest.mjs', ...args, `--maxWorkers=${Math.max(2, cpus().length - 1)}`)],
		env,
		count: () => {
			const { numPassedTests: passed, numFailedTests: failed } = report(file);
			return { passed, failed };
		}
	};
}

/** @param {Record<string, string | undefined>} env @returns {Stage} */
function playwright(env) {
	const file = join(scratch, 'e2e.json');
	return {
		name: 'end-to-end',
		command: [bin('@playwright/test/cli.js', 'test', '--reporter=line,json')],
		env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
		count: () => {
			const { stats } = report(file);
			return { passed: stats.expected + stats.flaky, failed: stats.unexpected };
		}
	};
}

/** The real agent programs: where they are in the cache, or when they are asked for. @returns {Stage} */
const conformance = () => ({
	name: 'conformance',
	command: [[process.execPath, 'scripts/conformance.js']],
	count(output) {
		const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
		return { passed: Number(passed), failed: Number(failed) };
	}
});

/**
 * Runs the commands of a stage one after the other, adds to the total, prints one line, and the output when it failed.
 * @param {Stage} stage
 */
async function runStage(stage) {
	const from = performance.now();
	let code = 0;
	let output = '';
	for (const [program = '', ...args] of stage.command) {
		const result = await run(program, args, {
			cwd: ROOT,
			env: {
				...process.env,
				TMPDIR: scratch,
				FORCE_COLOR: '0',
				NO_COLOR: '1',
				CI: 'true',
				...stage.env
			},
			timeoutMs: stage.timeoutMs ?? 20 * 60_000
		});
		output += result.output;
		code ||= result.code;
		if (code !== 0) break;
	}
	/** @type {Counts} */
	let counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
	if (stage.count) {
		try {
			counts = stage.count(output);
		} catch {
			counts = { passed: 0, failed: 1 };
		}
		// A file that could not be loaded, or an error outside a test, fails the run without failing a test.
		if (code !== 0 && counts.failed === 0) counts.failed = 1;
	}
	total.passed += counts.passed;
	total.failed += counts.failed;
	const mark = counts.failed === 0 ? '✓' : '✗';
	const tests = stage.count ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
	console.log(`${mark} ${stage.name} (${duration(performance.now() - from)}${tests})`);
	if (counts.failed > 0) console.log(`\n${output.trimEnd()}\n`);
	return counts.failed === 0;
}

/**
 * Processes that still have something of this run in their command line, environment or working directory (Linux).
 * @returns {{ pid: number, command: string }[]}
 */
function leftovers() {
	/** @param {() => string} look */
	const safe = (look) => {
		try {
			return look();
		} catch {
			return '';
		}
	};
	if (process.platform !== 'linux') return [];
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.map((name) => ({
			pid: Number(name),
			command: safe(() => readFileSync(`/proc/${name}/cmdline`, 'utf8'))
				.replaceAll('\0', ' ')
				.trim(),
			environment: safe(() => readFileSync(`/proc/${name}/environ`, 'utf8')),
			cwd: safe(() => readlinkSync(`/proc/${name}/cwd`))
		}))
		.filter(
			({ command, environment, cwd }) =>
				command !== '' && `${command}\0${environment}\0${cwd}`.includes(scratch)
		);
}

async function checkLeftovers() {
	// What was told to end may need a moment.
	for (let i = 0; i < 20 && leftovers().length > 0; i++)
		await new Promise((done) => setTimeout(done, 100));
	const left = leftovers();
	for (const { pid } of left) {
		try {
			process.kill(pid, 'SIGKILL');
		} catch {
			// It ended meanwhile.
		}
	}
	total[left.length > 0 ? 'failed' : 'passed'] += 1;
	console.log(`${left.length > 0 ? '✗' : '✓'} no process left behind`);
	for (const { pid, command } of left) console.log(`  ${pid} ${command}`);
}

/** @type {{ stop(): Promise<void> } | null} */
let cluster = null;
let ended = false;
async function cleanUp() {
	if (ended) return;
	ended = true;
	await cluster?.stop();
	rmSync(scratch, { recursive: true, force: true });
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
	process.on(signal, () => {
		endAll('SIGKILL');
		void cleanUp().then(() => process.exit(130));
	});
}

try {
	await install(ROOT);
	const browser = await chromium();
	mkdirSync(scratch, { recursive: true });
	const database = await postgres(scratch);
	cluster = database;
	const env = {
		...(browser ? { CHROMIUM_PATH: browser } : {}),
		...(database ? { VILLAGE_TEST_POSTGRES: database.url } : {})
	};

	// The linter and the compiler read the types that this writes.
	const kit = join('node_modules', '@sveltejs/kit/svelte-kit.js');
	const sync = await run(process.execPath, [kit, 'sync'], { cwd: ROOT });
	if (sync.code !== 0) throw new Error(`svelte-kit sync failed (${sync.code}):\n${sync.output}`);
	// Two at a time, each of which keeps one core busy; the linter takes as long as the others together.
	const lanes = [
		[{ name: 'lint', command: [bin('eslint/bin/eslint.js', '.', '--max-warnings', '0')] }],
		[
			{ name: 'build', command: [[process.execPath, 'scripts/build.js']] },
			{
				name: 'types',
				command: [
					bin(
						'svelte-check/bin/svelte-check',
						'--tsconfig',
						'./tsconfig.json',
						'--threshold',
						'error',
						'--output',
						'human'
					)
				]
			},
			{
				name: 'format',
				command: [bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')]
			}
		]
	];
	let built = false;
	await Promise.all(
		lanes.map(async (lane) => {
			for (const stage of lane) {
				const fine = await runStage(stage);
				if (stage.name === 'build') built = fine;
			}
		})
	);
	await runStage(vitest('node', env));
	if (browser) await runStage(vitest('browser', env));
	else total.failed += 1;
	if (browser && built) await runStage(playwright(env));
	else {
		total.failed += 1;
		console.log(`✗ end-to-end could not run without ${built ? 'a browser' : 'a build'}`);
	}
	if (built && (isInstalled() || process.env.VILLAGE_CONFORMANCE)) await runStage(conformance());
	await cluster?.stop();
	cluster = null;
	await checkLeftovers();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	total.failed += 1;
} finally {
	await cleanUp();
}
console.log(`\nTook ${duration(performance.now() - begun)}.`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
