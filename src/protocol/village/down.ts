// What the presence door says to a browser: small arrays, the first element names the message.
import { z } from 'zod';

/** First message: who the server takes the person for. */
export const Hello = z.tuple([z.literal('hello'), z.string()]);
/** `[userId, name, x, y, watching, sinceMs]`; the place is null until the person's map has drawn. */
export const Person = z.tuple([
	z.string(),
	z.string(),
	z.number().nullable(),
	z.number().nullable(),
	z.string().nullable(),
	z.number()
]);
/** Everybody who is here, oldest first; sent whole when it changes. */
export const People = z.tuple([z.literal('people'), z.array(Person)]);
/** `[userId, x, y, handX, handY]`: the full present value, so that one lost harms nothing. */
export const Move = z.tuple([
	z.string(),
	z.number(),
	z.number(),
	z.number().nullable(),
	z.number().nullable()
]);
/** Those near this person's view who moved since the last such message. */
export const Moved = z.tuple([z.literal('moved'), z.array(Move)]);
/** Somebody's gesture: `["emote", userId, name]`. */
export const Emoted = z.tuple([z.literal('emote'), z.string(), z.string()]);
/** Why a message was not taken: a code of `protocol/errors.ts` and a sentence. */
export const Failed = z.tuple([z.literal('error'), z.string(), z.string()]);

const MESSAGES = {
	hello: Hello,
	people: People,
	moved: Moved,
	emote: Emoted,
	error: Failed
} as const;

export type DownMessage =
	| z.infer<typeof Hello>
	| z.infer<typeof People>
	| z.infer<typeof Moved>
	| z.infer<typeof Emoted>
	| z.infer<typeof Failed>;

/** Reads one message of the server; null for what this page does not know (a newer server). */
export function readDown(json: string): DownMessage | null {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		return null;
	}
	if (!Array.isArray(value)) return null;
	const name: unknown = value[0];
	if (typeof name !== 'string' || !Object.hasOwn(MESSAGES, name)) return null;
	const parsed = MESSAGES[name as keyof typeof MESSAGES].safeParse(value);
	return parsed.success ? parsed.data : null;
}
