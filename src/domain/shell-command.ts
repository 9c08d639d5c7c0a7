// A shell command line as its parts, for rules and classes (control-plane.md 5). Not a shell: what it cannot read with
// certainty it calls opaque, and nothing opaque is ever allowed by a pattern.

export interface ShellCommand {
	/** The simple commands, trimmed, in order; redirections stay with their command. */
	parts: string[];
	/** Something in it runs or writes what the parts do not show: substitutions, here-documents, open quotes. */
	opaque: boolean;
}

const OPERATORS = ['&&', '||', ';;', '|&', ';', '|', '&', '\n'];

/** Splits at the operators of a POSIX shell, outside quotes. */
export function splitCommand(text: string): ShellCommand {
	const parts: string[] = [];
	let opaque = false;
	let quote: '"' | "'" | null = null;
	let part = '';

	function close(): void {
		const trimmed = part.trim();
		if (trimmed !== '') parts.push(trimmed);
		part = '';
	}

	for (let at = 0; at < text.length; at += 1) {
		const char = text[at]!;
		const next = text[at + 1];
		if (quote === "'") {
			if (char === "'") quote = null;
			part += char;
			continue;
		}
		if (char === '\\') {
			// An escaped line end is no end; any other escaped character stands for itself.
			if (next !== '\n') part += char + (next ?? '');
			at += 1;
			continue;
		}
		if (char === '`' || (char === '$' && (next === '(' || next === "'"))) opaque = true;
		if (quote === '"') {
			if (char === '"') quote = null;
			part += char;
			continue;
		}
		if (char === '"' || char === "'") {
			quote = char;
			part += char;
			continue;
		}
		if ((char === '<' && (next === '<' || next === '(')) || (char === '>' && next === '('))
			opaque = true;
		if (char === '(' || char === ')' || char === '{' || char === '}') {
			// Groups run what is in them; the braces of `${x}` and `a{b,c}` hide nothing that runs.
			const group = char === '(' || char === ')' || part.trim() === '';
			if (group) close();
			else part += char;
			continue;
		}
		// `2>&1` and `&>file` redirect, they do not end a command.
		const redirect = char === '&' && (/[<>]$/.test(part) || next === '>');
		const operator = redirect ? undefined : OPERATORS.find((one) => text.startsWith(one, at));
		if (operator === undefined) {
			part += char;
			continue;
		}
		close();
		at += operator.length - 1;
	}
	close();
	return { parts, opaque: opaque || quote !== null };
}

/** The words of one simple command, quotes removed; variables in front of it (`A=1 cmd`) left out. */
export function wordsOf(part: string): string[] {
	const words = [...part.matchAll(/(?:[^\s"']+|"(?:\\.|[^"\\])*"|'[^']*')+/g)].map(([word]) =>
		word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
			double === undefined ? (single ?? '') : double.replace(/\\(["\\$`])/g, '$1')
		)
	);
	const first = words.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
	return first < 0 ? [] : words.slice(first);
}
