// Finds secrets in a stream of terminal bytes, also those that come in pieces, so that what is kept has them masked.
import { findSecrets, masked } from '#domain/redact.ts';

/** Bytes of the stream to be overwritten, which were passed on before anybody could know. */
export interface Patch {
	offset: number;
	bytes: Buffer;
}

export interface Redactor {
	/**
	 * Takes the next bytes of the stream. Returns them as they are to be kept (the same buffer when nothing is masked),
	 * and what is to be overwritten in front of them.
	 */
	push(offset: number, bytes: Buffer): { bytes: Buffer; patches: Patch[] };
}

/** The most that is remembered of what a secret could have begun in; a long private key has 3,300 characters. */
export const REMEMBER = 4_096;
const KEY_BEGIN = '-----BEGIN ';
const KEY_END = '-----END ';

/**
 * Where in a text the part begins that the next bytes may complete to a secret: a key that has not ended, or the last two
 * words (`Bearer` and what follows it). Lengths are those of latin1, one character a byte.
 */
function open(text: string): number {
	const least = Math.max(0, text.length - REMEMBER);
	const key = text.lastIndexOf(KEY_BEGIN);
	if (key >= least && text.indexOf(KEY_END, key) < 0) return key;
	let at = text.length;
	for (let word = 0; word < 3 && at > least; word++) {
		while (at > least && /\s/.test(text[at - 1]!)) at--;
		while (at > least && !/\s/.test(text[at - 1]!)) at--;
	}
	return at;
}

/** @param before the last bytes kept of the stream, where it is taken up again; they end at the first offset pushed */
export function createRedactor(before: Buffer = Buffer.alloc(0)): Redactor {
	let carry = before.toString('latin1');
	carry = carry.slice(open(carry));
	let next = -1;
	/** Everything before this offset has been masked as far as it is known. */
	let maskedTo = -1;

	return {
		push(offset, bytes) {
			// What is missing in between may be anything.
			if (next >= 0 && offset !== next) carry = '';
			next = offset + bytes.length;
			const text = carry + bytes.toString('latin1');
			const start = offset - carry.length;
			const patches: Patch[] = [];
			let kept = bytes;
			for (const secret of findSecrets(text)) {
				const stars = masked(text.slice(secret.from, secret.to));
				const split = Math.max(0, Math.min(stars.length, carry.length - secret.from));
				if (split > 0 && start + secret.from + split > maskedTo)
					patches.push({
						offset: start + secret.from,
						bytes: Buffer.from(stars.slice(0, split), 'latin1')
					});
				if (split < stars.length) {
					if (kept === bytes) kept = Buffer.from(bytes);
					kept.write(stars.slice(split), secret.from + split - carry.length, 'latin1');
				}
				maskedTo = Math.max(maskedTo, start + secret.to);
			}
			carry = text.slice(open(text));
			return { bytes: kept, patches };
		}
	};
}
