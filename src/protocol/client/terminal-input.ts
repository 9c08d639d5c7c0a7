// Client → server: keys for a session, in the words of `subscribe_session`.
import { z } from 'zod';
import { Id } from '../envelope.ts';
import { FROM_CLIENT } from './fields.ts';
import { InputText } from './input-text.ts';

export const TerminalInput = z.object({
	type: z.literal('terminal_input'),
	sessionId: Id,
	data: InputText,
	...FROM_CLIENT
});
export type TerminalInput = z.infer<typeof TerminalInput>;
