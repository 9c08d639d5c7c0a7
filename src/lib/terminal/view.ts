// What a terminal on the page and the frame around it tell each other.
import type { Phase } from '#protocol/terminal/fields.ts';
import type { KeyboardAction, KeyboardState } from '#protocol/terminal/keyboard.ts';
import type { Connection, TerminalClient } from './client.ts';
import type { TouchKey } from './keys.ts';

/** What the frame around a terminal shows; told anew on every change. */
export interface TerminalStatus {
	connection: Connection;
	phase: Phase;
	/** The server's word; the page may know better and forbid more. */
	canWrite: boolean;
	keyboard: KeyboardState;
	/** This viewer among them. */
	viewerId: string | null;
	/** Typed bytes the session's side has not taken yet. */
	pending: number;
	/** From a key to the next output, smoothed; null before the first. */
	latencyMs: number | null;
	exit: { code: number | null; signal: string | null } | null;
	/** One sentence that matters now; replaced by the next. */
	notice: string | null;
	/** Everything the server had is on the screen. */
	settled: boolean;
}

/** What the frame may ask of a terminal. */
export interface TerminalView {
	focus(): void;
	keyboard(action: KeyboardAction, to?: string): void;
	press(key: TouchKey): void;
	/** The next character typed is a control character. */
	setControl(on: boolean): void;
	find(text: string, direction: 'next' | 'previous'): boolean;
	endFind(): void;
	setFontSize(px: number): void;
	setScreenReader(on: boolean): void;
}

export interface TerminalOptions {
	client: TerminalClient;
	sessionId: string;
	/** Whether the page lets this person type at all. */
	mayWrite(): boolean;
	/** In a small panel: it types, but its size counts for nobody. */
	compact: boolean;
	autofocus: boolean;
	fontSize: number;
	screenReader: boolean;
	onstatus(status: TerminalStatus): void;
	onready(view: TerminalView): void;
	/** The sticky Ctrl was used up. */
	oncontrolused(): void;
	/** Ctrl-F was pressed inside. */
	onfind(): void;
	/** Asks before many lines are pasted. */
	confirmPaste(text: string): Promise<boolean>;
}
