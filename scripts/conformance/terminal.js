// A program in a terminal of its own.
import pty from '@lydell/node-pty';

/**
 * @param {import('./box.js').Box} box
 * @param {string[]} argv
 * @param {Record<string, string>} env
 */
export async function openTerminal(box, argv, env) {
	const [program = '', ...args] = argv;
	const child = pty.spawn(program, args, {
		cols: 120,
		rows: 40,
		cwd: box.cwd,
		env: { ...box.env, ...env }
	});
	let text = '';
	child.onData((data) => (text = (text + data).slice(-200_000)));
	let over = false;
	/** @type {Promise<number>} */
	const ended = new Promise((resolve) =>
		child.onExit(({ exitCode }) => {
			over = true;
			resolve(exitCode);
		})
	);
	box.atEnd(() => {
		if (!over) child.kill('SIGKILL');
	});
	return {
		ended,
		/** @param {string} keys */
		type: (keys) => child.write(keys),
		/** What was printed, without colours and movements of the cursor. */
		text: () => text.replaceAll(SEQUENCES, '')
	};
}

// eslint-disable-next-line no-control-regex -- escape sequences are made of these
const SEQUENCES = /\u001b(\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(\u0007|\u001b\\)|[@-_])/g;
