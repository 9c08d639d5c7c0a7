// A request after its wire has been read: what the model is asked, and by whom.
import { createHash } from 'node:crypto';
import type { Asked } from '#domain/model-turns.ts';
import type { Offer, Part, Tokens } from './parts.ts';

export interface Question extends Asked {
	model: string;
	stream: boolean;
	conversation: Conversation;
	/** Folder the program works in, when it says so. */
	cwd: string | null;
	/** Where the program keeps the plan it is told to make, when it says so. */
	planFile: string | null;
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

/** File that a program names for its plan; null when none is found. */
export function findPlanFile(texts: readonly string[]): string | null {
	for (const text of texts) {
		const found = /(\/\S+\/plans\/[\w.-]+\.md)/.exec(text)?.[1];
		if (found !== undefined) return found;
	}
	return null;
}

/** Tells conversations apart: by the program's own name of it, or else by what was said first. */
export interface Conversation {
	key: string;
	/** Made of what was said: another conversation may begin with the same words. */
	guessed: boolean;
}

/** @param name the program's name of the conversation, @param said what the user's side said, oldest first */
export function conversationOf(wire: string, name: unknown, said: readonly string[]): Conversation {
	const guessed = typeof name !== 'string' || name === '';
	const first = said.findIndex((text) => lastSaid([text]) !== '');
	const mark = guessed ? said.slice(0, first + 1).join('\0') : name;
	return { key: createHash('sha256').update(`${wire}\0${mark}`).digest('hex'), guessed };
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
