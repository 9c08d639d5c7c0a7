// Every JSON message of the terminal door from a browser to the server.
import { z } from 'zod';
import { frameTypes } from '../envelope.ts';
import { Attach } from './attach.ts';
import { Detach } from './detach.ts';
import { Keyboard } from './keyboard.ts';
import { Viewport } from './viewport.ts';

export const TerminalUp = z.discriminatedUnion('t', [Attach, Detach, Viewport, Keyboard]);
export type TerminalUp = z.infer<typeof TerminalUp>;

export const TERMINAL_UP_TYPES = frameTypes(TerminalUp.options);
