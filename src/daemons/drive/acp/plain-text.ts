// Text of an agent as text: nothing in it may move the cursor, colour the screen, or talk to the terminal.

/** Sequences that a terminal takes as one: CSI, the strings (OSC, DCS, SOS, PM, APC), and escapes with intermediate bytes. */
const SEQUENCES = new RegExp(
	[
		'(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]',
		'(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?',
		'\\u001b[ -/]*[0-~]?'
	].join('|'),
	'g'
);
/** What is left of controls, and characters that turn the direction of reading or cannot be seen. */
const CONTROLS =
	// eslint-disable-next-line no-control-regex -- these are what is taken away
	/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Without control sequences and controls; line ends become `\n`, tabs stay. A sequence in two pieces leaves harmless letters. */
export function plainText(text: string): string {
	return text.replace(SEQUENCES, '').replace(/\r\n?/g, '\n').replace(CONTROLS, '');
}

/** The same in one line of at most `chars`. */
export function plainLine(text: string, chars = 300): string {
	const line = plainText(text).replace(/\s+/g, ' ').trim();
	return line.length > chars ? `${line.slice(0, chars - 1)}…` : line;
}
