// Everything the server says to a client (control-plane.md 9.3).
import { z } from 'zod';
import { ApprovalRequired } from './approval-required.ts';
import { ErrorMessage } from './error.ts';
import { EventMessage } from './event.ts';
import { Pong } from './pong.ts';
import { SessionMessage } from './session.ts';
import { TerminalOutput } from './terminal-output.ts';

export const ServerMessage = z.discriminatedUnion('type', [
	EventMessage,
	SessionMessage,
	TerminalOutput,
	ApprovalRequired,
	ErrorMessage,
	Pong
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
