// Client → server: keys for a session, or how large the client's own terminal is.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT } from './fields.ts';
import { InputText } from './input-text.ts';

export const TerminalKeys = z.object({
	type: z.literal('terminal'),
	sessionId: Id,
	action: z.literal('input'),
	data: InputText,
	...FROM_CLIENT
});
export type TerminalKeys = z.infer<typeof TerminalKeys>;

export const TerminalResize = z.object({
	type: z.literal('terminal'),
	sessionId: Id,
	action: z.literal('resize'),
	data: z.object({
		cols: z.number().int().min(10).max(500),
		rows: z.number().int().min(2).max(300)
	}),
	...FROM_CLIENT
});
export type TerminalResize = z.infer<typeof TerminalResize>;

export const Terminal = z.discriminatedUnion('action', [TerminalKeys, TerminalResize]);
export type Terminal = z.infer<typeof Terminal>;
