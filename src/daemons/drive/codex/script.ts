// The script inside a command line that Codex gives to a shell. Its own `commandActions` are a summary for people: they
// leave out what Codex takes for formatting (`| xargs …`, `| tee …`), and nobody may say yes to less than what runs.

const SHELL =
	/^(?:\/(?:usr\/(?:local\/)?)?bin\/|\/opt\/homebrew\/bin\/)?(?:ba|z|da)?sh -l?c (?=\S)/;

/**
 * The script of `bash -lc SCRIPT`, where SCRIPT is one quoted word; any other command line as it is, so that what is shown
 * is always all of what runs.
 */
export function scriptOf(command: string): string {
	const shell = SHELL.exec(command);
	return (shell && unquoted(command.slice(shell[0].length))) ?? command;
}

/** In single quotes, in double quotes, or in none. */
const PIECE = /^(?:'([^']*)'|"((?:[^"\\$`!]|\\["\\$`])*)"|([\w@%+=:,./-]+))/;

/** One word of a POSIX shell without its quotes; null when there is more than one word, or anything that a shell would expand. */
function unquoted(word: string): string | null {
	let out = '';
	for (let at = 0; at < word.length;) {
		const piece = PIECE.exec(word.slice(at));
		if (!piece) return null;
		const [whole, single, double, bare] = piece;
		out += single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? bare ?? '';
		at += whole.length;
	}
	return out;
}
