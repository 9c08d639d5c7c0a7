// One case's own world: a home folder, a small repository, an environment of nothing else, a fake model, and the programs
// that were started in it. Everything ends and goes with `close`.
import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * @typedef {Awaited<ReturnType<typeof openBox>>} Box
 * @typedef {{ from: 'program' | 'us', message: any }} Line
 */

/** How long anything may take: a program of 200 MB starts slowly on a busy machine. */
const PATIENCE_MS = 90_000;

/**
 * Waits until `look` answers something other than undefined, null or false.
 * @template T
 * @param {string} what
 * @param {() => T | undefined | null | false | Promise<T | undefined | null | false>} look
 * @returns {Promise<T>}
 */
export async function until(what, look, patienceMs = PATIENCE_MS) {
	const deadline = performance.now() + patienceMs;
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== null && found !== false) return found;
		if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
		await new Promise((done) => setTimeout(done, 50));
	}
}

/** @param {string} village path of our program @param {object} scenario what the fake model says */
export async function openBox(village, scenario) {
	const dir = mkdtempSync(join(tmpdir(), 'vc-'));
	const [home, cwd] = [join(dir, 'home'), join(dir, 'repo')];
	for (const folder of [home, cwd]) mkdirSync(folder);
	writeFileSync(join(cwd, 'notes.md'), '# Notes\n');
	/** @type {Record<string, string>} */
	const env = {
		PATH: process.env.PATH ?? '',
		HOME: home,
		TERM: 'xterm-256color',
		LANG: 'C.UTF-8',
		GIT_CONFIG_GLOBAL: join(home, 'gitconfig')
	};
	writeFileSync(join(home, 'gitconfig'), '[user]\n\tname = Village\n\temail = village@localhost\n');
	for (const args of [
		['init', '-q', '-b', 'main'],
		['add', '.'],
		['commit', '-qm', 'Notes']
	])
		execFileSync('git', args, { cwd, env });

	/** @type {Set<import('node:child_process').ChildProcess>} */
	const children = new Set();
	/** @type {(() => void)[]} */
	const endings = [];

	/** @param {string[]} argv @param {Record<string, string>} [more] */
	function start(argv, more = {}) {
		const [program = '', ...args] = argv;
		const child = spawn(program, args, {
			cwd,
			env: { ...env, ...more },
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true
		});
		children.add(child);
		let stderr = '';
		child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-20_000)));
		child.stdin.on('error', () => {});
		/** @type {Promise<number>} */
		const ended = new Promise((resolve) => {
			child.on('error', () => resolve(127));
			child.on('close', (code) => {
				children.delete(child);
				resolve(code ?? 1);
			});
		});
		return { child, ended, stderr: () => stderr };
	}

	/**
	 * A program that speaks one JSON object a line.
	 * @param {string[]} argv @param {Record<string, string>} [more]
	 */
	function speak(argv, more) {
		const { child, ended, stderr } = start(argv, more);
		/** @type {Line[]} */
		const lines = [];
		createInterface({ input: child.stdout }).on('line', (line) => {
			if (line.startsWith('{')) lines.push({ from: 'program', message: JSON.parse(line) });
		});
		return {
			lines,
			ended,
			stderr,
			/** @param {any} message */
			say(message) {
				lines.push({ from: 'us', message });
				child.stdin.write(`${JSON.stringify(message)}\n`);
			},
			/**
			 * The first message of the program that fits, among those after `from` lines.
			 * @param {string} what @param {(message: any) => unknown} fits
			 */
			hear: (what, fits, from = 0) =>
				until(what, () => {
					const line = lines.slice(from).find((one) => one.from === 'program' && fits(one.message));
					if (!line && child.exitCode !== null && child.exitCode !== 0)
						throw new Error(`it ended with ${child.exitCode} before ${what}\n${stderr()}`);
					return line?.message;
				}),
			endInput: () => child.stdin.end()
		};
	}

	/** A program to its end. @param {string[]} argv @param {Record<string, string>} [more] */
	async function finish(argv, more) {
		const program = speak(argv, more);
		program.endInput();
		const timer = setTimeout(() => close(), PATIENCE_MS);
		const code = await program.ended;
		clearTimeout(timer);
		return { code, lines: program.lines, stderr: program.stderr() };
	}

	function close() {
		for (const ending of endings.splice(0)) ending();
		for (const { pid } of children) {
			try {
				if (pid) process.kill(-pid, 'SIGKILL');
			} catch {
				// It ended meanwhile.
			}
		}
		rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	}

	try {
		const [file, record] = [join(dir, 'scenario.json'), join(dir, 'requests')];
		writeFileSync(file, JSON.stringify(scenario));
		const argv = [process.execPath, village, 'fake-model', '--json', '--scenario', file];
		const model = speak([...argv, '--record', record]);
		const { url } = await model.hear('the fake model', ({ ready }) => ready);
		return {
			...{ dir, home, cwd, env, url: String(url), start, speak, finish, close },
			/** Called by `close`. @param {() => void} ending */
			atEnd: (ending) => void endings.push(ending),
			/** Text of a file of the repository; null when there is none. @param {string} path */
			read(path) {
				try {
					return readFileSync(join(cwd, path), 'utf8');
				} catch {
					return null;
				}
			},
			/** Requests that the fake model had. */
			requests: () =>
				readFileSync(record, 'utf8')
					.split('\n')
					.filter(Boolean)
					.map((line) => JSON.parse(line))
		};
	} catch (error) {
		close();
		throw error;
	}
}
