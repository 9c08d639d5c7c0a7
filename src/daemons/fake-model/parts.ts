// An answer before any wire has shaped it.
import type { JsonValue } from '#protocol/json.ts';

export interface Call {
	kind: 'call';
	name: string;
	/** Where a wire groups tools, the group. */
	namespace?: string;
	/** A string is the input of a free-form tool. */
	input: JsonValue;
}

export type Part = { kind: 'thinking'; text: string } | { kind: 'text'; text: string } | Call;

/** One tool as a request offers it. */
export interface Offer {
	name: string;
	namespace?: string;
	/** Takes text instead of JSON. */
	freeform?: boolean;
	/** It is no tool of its own, but a function for the JavaScript that this tool runs. */
	within?: { name: string; namespace?: string };
	/** JSON schema of the input, where the wire gives one. */
	schema?: unknown;
}

/** Tokens of one answer. */
export interface Tokens {
	input: number;
	output: number;
	cached: number;
}

/** A rough count, good enough for a meter that moves: four characters make a token. */
export function estimateTokens(characters: number): number {
	return Math.ceil(characters / 4);
}
