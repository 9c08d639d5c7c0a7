// Everything a client says to the server, in both dialects (control-plane.md 9.2). Unknown keys are ignored.
import { z } from 'zod';
import { Authenticate } from './authenticate.ts';
import { MessageId } from './fields.ts';
import { Ping } from './ping.ts';
import { Subscribe } from './subscribe.ts';
import { SubscribeSession } from './subscribe-session.ts';
import { Terminal } from './terminal.ts';
import { TerminalInput } from './terminal-input.ts';
import { Unsubscribe } from './unsubscribe.ts';
import { UnsubscribeSession } from './unsubscribe-session.ts';

export const ClientMessage = z.discriminatedUnion('type', [
	Authenticate,
	Subscribe,
	SubscribeSession,
	Unsubscribe,
	UnsubscribeSession,
	Terminal,
	TerminalInput,
	Ping
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

export const CLIENT_MESSAGE_TYPES: ReadonlySet<string> = new Set([
	'authenticate',
	'subscribe',
	'subscribe_session',
	'unsubscribe',
	'unsubscribe_session',
	'terminal',
	'terminal_input',
	'ping'
]);

export type ReadClientMessage =
	| { ok: true; message: ClientMessage }
	| {
			ok: false;
			code: 'INVALID_MESSAGE' | 'UNKNOWN_MESSAGE_TYPE' | 'VALIDATION_ERROR';
			reason: string;
			/** Set when it was one, so that whoever waits for an answer gets it. */
			messageId?: string;
			details?: { issues: { path: string; message: string }[] };
	  };

/** Reads one message; never throws. What is no object is told apart from what nobody knows, and that from wrong fields. */
export function readClientMessage(json: string): ReadClientMessage {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		return { ok: false, code: 'INVALID_MESSAGE', reason: 'Not JSON.' };
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return { ok: false, code: 'INVALID_MESSAGE', reason: 'Not an object.' };
	const { type, messageId: given } = value as { type?: unknown; messageId?: unknown };
	const known = MessageId.safeParse(given);
	const messageId = known.success ? { messageId: known.data } : {};
	if (typeof type !== 'string' || !CLIENT_MESSAGE_TYPES.has(type)) {
		const name = typeof type === 'string' ? type.slice(0, 64).toWellFormed() : 'none';
		return {
			ok: false,
			code: 'UNKNOWN_MESSAGE_TYPE',
			reason: `Unknown type: ${name}.`,
			...messageId
		};
	}
	const parsed = ClientMessage.safeParse(value);
	if (parsed.success) return { ok: true, message: parsed.data };
	const issues = parsed.error.issues
		.slice(0, 10)
		.map((issue) => ({ path: issue.path.join('.').slice(0, 200), message: issue.message }));
	const [first] = issues;
	return {
		ok: false,
		code: 'VALIDATION_ERROR',
		reason: `${first?.path ?? ''}: ${first?.message ?? 'refused'}`.slice(0, 300),
		...messageId,
		details: { issues }
	};
}
