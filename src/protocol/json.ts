// JSON of any shape that a stranger may send: bounded in depth, and made of text that every database takes.
import { z } from 'zod';
import { isCleanText } from './envelope.ts';

/** Deepest nesting taken; anything that walks a value, ours or the database's, has a stack that ends. */
export const MAX_JSON_DEPTH = 64;

export type JsonValue =
	string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/**
 * What is wrong with a value, or null when it is JSON of at most `MAX_JSON_DEPTH` levels without U+0000 and lone
 * surrogates. Walks without recursion and takes no cycle, whatever the value is made of.
 */
export function jsonProblem(value: unknown): string | null {
	let level: unknown[] = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`;
		const next: unknown[] = [];
		for (const item of level) {
			if (item === null || typeof item === 'boolean') continue;
			if (typeof item === 'string') {
				if (!isCleanText(item)) return 'holds U+0000 or a lone surrogate';
			} else if (typeof item === 'number') {
				if (!Number.isFinite(item)) return 'holds a number that JSON has no word for';
			} else if (Array.isArray(item)) {
				for (const child of item) next.push(child);
			} else if (isPlain(item)) {
				for (const [key, child] of Object.entries(item)) {
					if (!isCleanText(key)) return 'holds U+0000 or a lone surrogate';
					next.push(child);
				}
			} else return 'is not JSON';
		}
		// A cycle, or the same part named again and again, grows without end: what is sent as text cannot.
		if (next.length > MAX_NODES) return 'has too many parts';
		level = next;
	}
	return null;
}

/** Values side by side on one level; a frame or a body of 1 MiB has fewer. */
const MAX_NODES = 600_000;

function isPlain(value: unknown): value is Record<string, unknown> {
	if (typeof value !== 'object' || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}

/** A schema of such a value. */
export function json() {
	return z.unknown().transform((value, ctx): JsonValue => {
		const problem = value === undefined ? 'is missing' : jsonProblem(value);
		if (problem === null) return value as JsonValue;
		ctx.addIssue({ code: 'custom', message: problem });
		return z.NEVER;
	});
}
