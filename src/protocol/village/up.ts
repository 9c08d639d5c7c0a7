// What a browser says on the presence door: small arrays, the first element names the message.
import { z } from 'zod';
import { Id } from '../envelope.ts';

/** A coordinate in tiles; fractions allowed. */
const Tile = z.number().min(-10_000).max(10_000);
const Length = z.number().min(0).max(10_000);

/** Still there; sent every `HERE_EVERY_MS` when there is nothing else to say. */
export const Here = z.tuple([z.literal('here')]);
/** Where the person's avatar stands, and their pointer: `["me", x, y, handX, handY]`, the hand null when it is away. */
export const Me = z.tuple([z.literal('me'), Tile, Tile, Tile.nullable(), Tile.nullable()]);
/** The part of the map on the person's screen: `["view", x, y, width, height]` in tiles. */
export const View = z.tuple([z.literal('view'), Tile, Tile, Length, Length]);
/** The session whose terminal this tab shows, or null: `["watch", sessionId]`. */
export const Watch = z.tuple([z.literal('watch'), Id.nullable()]);
/** A gesture, seen by everybody and kept by nobody. */
export const Emote = z.tuple([z.literal('emote'), z.enum(['wave'])]);

const MESSAGES = { here: Here, me: Me, view: View, watch: Watch, emote: Emote } as const;

export type UpMessage =
	| z.infer<typeof Here>
	| z.infer<typeof Me>
	| z.infer<typeof View>
	| z.infer<typeof Watch>
	| z.infer<typeof Emote>;

export type ReadUp =
	{ ok: true; message: UpMessage } | { ok: false; code: 'VALIDATION_ERROR'; reason: string };

/** Reads one message of a browser; never throws. */
export function readUp(json: string): ReadUp {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		return refused('Not JSON.');
	}
	if (!Array.isArray(value)) return refused('Not an array.');
	const name: unknown = value[0];
	if (typeof name !== 'string' || !Object.hasOwn(MESSAGES, name))
		return refused('Unknown message.');
	const parsed = MESSAGES[name as keyof typeof MESSAGES].safeParse(value);
	if (parsed.success) return { ok: true, message: parsed.data };
	const issue = parsed.error.issues[0];
	return refused(`${name}[${issue?.path.join('.') ?? ''}]: ${issue?.message ?? 'refused'}`);
}

function refused(reason: string): ReadUp {
	return { ok: false, code: 'VALIDATION_ERROR', reason: reason.slice(0, 300) };
}
