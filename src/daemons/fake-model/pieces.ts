// Cuts text as a model streams it.

const PIECE = 40;

/** The text in pieces of about 40 UTF-16 units, none of which splits a character; none for an empty text. */
export function* pieces(text: string): Generator<string> {
	for (let from = 0; from < text.length;) {
		let to = from + PIECE;
		const last = text.charCodeAt(to - 1);
		if (last >= 0xd800 && last <= 0xdbff) to++;
		yield text.slice(from, to);
		from = to;
	}
}
