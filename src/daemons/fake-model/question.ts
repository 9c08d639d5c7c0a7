// A request after its wire has been read: what the model is asked, and by whom.
import { createHash } from 'node:crypto';
import type { Asked } from '#domain/model-turns.ts';
import type { Offer, Part, Tokens } from './parts.ts';

export interface Question extends Asked {
	model: string;
	stream: boolean;
	/** The same for all requests of one conversation. */
	conversation: string;
	/** Folder the program works in, when it says so. */
	cwd: string | null;
	offers: readonly Offer[];
	/** JSON schema of the answer, when words will not do; `true` for any JSON. */
	schema: unknown;
	/** Most tokens of the answer; null when the wire sets none. */
	maxTokens: number | null;
	/** Characters of the request, for estimates. */
	characters: number;
}

/** An answer ready to be put on a wire. */
export interface Answer {
	/** Made by us, unique for this answer. */
	id: string;
	model: string;
	parts: readonly Part[];
	tokens: Tokens;
	/** Seconds since 1970. */
	createdAt: number;
}

/** One event of a stream; `event` is its name where the wire has names. */
export interface StreamEvent {
	event?: string;
	data: unknown;
}

/** What programs wrap into a user's message without the user having said it. */
const NOT_SAID =
	/^\s*(<(system-reminder|environment_context|user_instructions|session_context|permissions|local-command|command-)|# AGENTS\.md|This is the Gemini CLI)/;

/** The last of some texts that a person wrote. */
export function lastSaid(texts: readonly string[]): string {
	return texts.findLast((text) => !NOT_SAID.test(text) && text.trim() !== '') ?? '';
}

const CWD = [
	/<cwd>([^<\n]+)<\/cwd>/,
	/[Ww]orking directory:\s*`?([^\n`]+)`?/,
	/working in the directory:?\s*`?([^\n`]+)`?/,
	/\*\*Workspace Directories:\*\*\s*\n\s*- ([^\n]+)/
];

/** Folder that a program names in what it tells the model; null when none is found. */
export function findCwd(texts: readonly string[]): string | null {
	for (const text of texts)
		for (const pattern of CWD) {
			const found = pattern.exec(text)?.[1]?.trim();
			if (found?.startsWith('/')) return found;
		}
	return null;
}

/** A short name of a conversation from whatever tells it apart. */
export function conversationOf(...marks: readonly string[]): string {
	return createHash('sha256').update(marks.join('\0')).digest('hex').slice(0, 32);
}

/** What a tool answered, as text. */
export function resultText(value: unknown): string {
	if (typeof value === 'string') return value;
	if (!Array.isArray(value)) return JSON.stringify(value ?? '');
	return value
		.map((part: unknown) => {
			const { text } = (part ?? {}) as { text?: unknown };
			return typeof text === 'string' ? text : '';
		})
		.join('\n');
}
