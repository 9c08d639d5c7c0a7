// Every JSON message of the terminal door from the server to a browser.
import { z } from 'zod';
import { frameTypes } from '../envelope.ts';
import { Access } from './access.ts';
import { Attached } from './attached.ts';
import { Detached } from './detached.ts';
import { TerminalError } from './error.ts';
import { Exit } from './exit.ts';
import { Gap } from './gap.ts';
import { Hello } from './hello.ts';
import { InputNote } from './input-note.ts';
import { KeyboardChanged } from './keyboard.ts';
import { PhaseChanged } from './phase.ts';
import { Size } from './size.ts';

export const TerminalDown = z.discriminatedUnion('t', [
	Hello,
	Attached,
	Detached,
	Gap,
	Size,
	PhaseChanged,
	KeyboardChanged,
	Access,
	Exit,
	InputNote,
	TerminalError
]);
export type TerminalDown = z.infer<typeof TerminalDown>;

export const TERMINAL_DOWN_TYPES = frameTypes(TerminalDown.options);
