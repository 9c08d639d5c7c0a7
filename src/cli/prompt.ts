// Questions at a terminal. Where there is none, nobody is asked and nothing is agreed to.
import { createInterface } from 'node:readline/promises';

/** Whether somebody sits at the terminal. */
export function atTerminal(): boolean {
	return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a line; null at the end of input, or where nobody can answer. `onInterrupt` is Ctrl-C while waiting. */
export async function question(text: string, onInterrupt?: () => void): Promise<string | null> {
	if (!atTerminal()) return null;
	const lines = createInterface({ input: process.stdin, output: process.stderr });
	try {
		return await new Promise<string | null>((resolve) => {
			lines.on('close', () => resolve(null));
			lines.on('SIGINT', () => {
				onInterrupt?.();
				resolve(null);
			});
			lines.question(text).then(resolve, () => resolve(null));
		});
	} finally {
		lines.close();
		process.stdin.pause();
	}
}

/** A question that only "y" or "yes" agrees to. */
export async function confirm(text: string, onInterrupt?: () => void): Promise<boolean> {
	const answer = await question(`${text} [y/N] `, onInterrupt);
	return /^y(es)?$/i.test(answer?.trim() ?? '');
}
