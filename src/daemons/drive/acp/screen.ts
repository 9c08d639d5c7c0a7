// The conversation in the terminal of the session, and what a person types into it.
import { createInterface } from 'node:readline';
import { plainLine, plainText } from './plain-text.ts';

const DIM = '\u001b[2m';
const BOLD = '\u001b[1m';
const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const YELLOW = '\u001b[33m';
const PLAIN = '\u001b[0m';
const MARK = '› ';

export interface ScreenEvents {
	onLine(text: string): void;
	/** ^C. */
	onInterrupt(): void;
	/** ^D, or the terminal is gone. */
	onEnd(): void;
}

export type Screen = ReturnType<typeof openScreen>;

/** Takes the terminal of this process. All text it is given is made plain before it is printed. */
export function openScreen(events: ScreenEvents) {
	const { stdin: input, stdout: output } = process;
	const lines = createInterface({ input, output, prompt: MARK, historySize: 100 });
	/** What was streamed last, as long as its line is open. */
	let streaming: 'message' | 'thought' | null = null;
	let invited = false;
	let closed = false;

	lines.on('line', (line) => {
		invited = false;
		events.onLine(line.trim());
	});
	lines.on('SIGINT', () => events.onInterrupt());
	lines.on('close', () => {
		if (closed) return;
		closed = true;
		events.onEnd();
	});
	output.on('error', () => undefined);

	/** Ends an open line, so that the next thing begins its own. */
	function fresh(): void {
		if (streaming) output.write(`${PLAIN}\n`);
		else if (invited) output.write('\r\u001b[K');
		streaming = null;
		invited = false;
	}
	function line(style: string, text: string): void {
		fresh();
		output.write(`${style}${text}${PLAIN}\n`);
	}
	return {
		note: (text: string): void => line(DIM, plainText(text)),
		warn: (text: string): void => line(YELLOW, plainText(text)),
		prompt(text: string): void {
			line(BOLD, `${MARK}${plainText(text).replaceAll('\n', '\n  ')}`);
		},
		/** A piece of what the agent says or thinks, as it comes. */
		stream(kind: 'message' | 'thought', text: string): void {
			const plain = plainText(text);
			if (!plain) return;
			if (streaming !== kind) {
				fresh();
				if (kind === 'thought') output.write(DIM);
			}
			streaming = kind;
			output.write(plain);
		},
		tool(title: string, status: string): void {
			const [mark, style] =
				status === 'completed'
					? ['✓', GREEN]
					: status === 'failed' || status === 'denied'
						? ['✗', RED]
						: ['•', DIM];
			const word = status === 'completed' || status === 'started' ? '' : ` (${status})`;
			line('', `${style}${mark}${PLAIN} ${plainLine(title)}${word}`);
		},
		plan(entries: readonly { content: string; status: string }[]): void {
			line(BOLD, 'Plan');
			for (const { content, status } of entries) {
				const mark = status === 'completed' ? '✓' : status === 'in_progress' ? '▸' : '·';
				line('', `  ${mark} ${plainLine(content)}`);
			}
		},
		/** Shows that a line is waited for. */
		invite(): void {
			if (closed) return;
			fresh();
			invited = true;
			lines.prompt(true);
		},
		close(): void {
			fresh();
			closed = true;
			lines.close();
		}
	};
}
