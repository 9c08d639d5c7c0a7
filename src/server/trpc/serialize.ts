// Text on the wire, made once for all who get the same.
import * as devalue from 'devalue';

/** What follows `data`, the last member of `result`, which is the last of the message. */
export const END_OF_MESSAGE = '}}';

/** The text of a feed frame in its envelope `{id, data}`, and its form inside a JSON message. */
export class SharedText {
	readonly text: string;
	/** As a JSON string literal. */
	readonly literal: string;
	#tail: Buffer | null = null;

	constructor(text: string) {
		this.text = text;
		this.literal = JSON.stringify(text);
	}

	/** The literal and the end of the message after it, as UTF-8. */
	get tail(): Buffer {
		return (this.#tail ??= Buffer.from(this.literal + END_OF_MESSAGE));
	}

	/** What encoders that know nothing of this class write. */
	toJSON(): string {
		return this.text;
	}
}

const texts = new WeakMap<object, SharedText>();

/**
 * Serialises once what many are sent: a feed frame in its envelope is the same for everybody, because the id is the
 * frame's own. Frames are never changed after they are made. Everything else is text of its own.
 */
export function serialize(value: unknown): string | SharedText {
	const { id, data } = (value ?? {}) as { id?: unknown; data?: { kind?: unknown; id?: unknown } };
	const shared = typeof data === 'object' && data?.kind === 'events' && id === String(data.id);
	if (!shared) return devalue.stringify(value);
	let known = texts.get(data);
	if (!known) texts.set(data, (known = new SharedText(devalue.stringify(value))));
	return known;
}
