// Who may type. One viewer at a time holds the keyboard; everybody sees who.
import { z } from 'zod';
import { Id, text } from '../envelope.ts';
import { Stream } from './fields.ts';

/** `request` asks the holder (and is granted at once when nobody holds it), `take` does not ask, `grant` and `refuse` answer a request. */
export const KeyboardAction = z.enum(['request', 'grant', 'refuse', 'take', 'release']);
export type KeyboardAction = z.infer<typeof KeyboardAction>;

/** Browser → server. `to` is a viewer id, for `grant` and `refuse`. */
export const Keyboard = z.object({
	t: z.literal('keyboard'),
	stream: Stream,
	action: KeyboardAction,
	to: Id.optional()
});
export type Keyboard = z.infer<typeof Keyboard>;

/** A viewer as others see it. */
export const KeyboardPerson = z.object({ viewerId: Id, userId: Id, name: text(200) });
export type KeyboardPerson = z.infer<typeof KeyboardPerson>;

/** The whole state, sent on every change. */
export const KeyboardState = z.object({
	holder: KeyboardPerson.nullable(),
	requests: z.array(KeyboardPerson).max(32)
});
export type KeyboardState = z.infer<typeof KeyboardState>;

/** Server → browser. */
export const KeyboardChanged = z.object({
	t: z.literal('keyboard'),
	stream: Stream,
	...KeyboardState.shape
});
export type KeyboardChanged = z.infer<typeof KeyboardChanged>;
