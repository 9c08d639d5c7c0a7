// Requests that a program makes beside the conversation (a title, a probe, a classification): answered sensibly, and never
// with a turn of the scenario.
import type { JsonValue } from '#protocol/json.ts';
import type { Question } from './question.ts';

/** The programs that were tried here, by their `user-agent`. They always offer tools when the conversation goes on. */
const PROGRAMS = /claude-cli|claude-code|codex|gemini|opencode|ai-sdk/i;

/** Whether a request is beside the conversation. What is not one of the programs is taken at its word. */
export function isSide(question: Question, userAgent: string): boolean {
	if (question.schema !== null && question.offers.length === 0) return true;
	return question.offers.length === 0 && PROGRAMS.test(userAgent);
}

/** Words or JSON for such a request. */
export function sideText({ schema, maxTokens }: Question, title: string): string {
	if (schema !== null) return JSON.stringify(sampleOf(schema, title, 0));
	return maxTokens !== null && maxTokens <= 1 ? '.' : title;
}

const DEEPEST = 8;

/** The smallest value that fits a JSON schema well enough; text is always `words`. */
export function sampleOf(schema: unknown, words: string, depth: number): JsonValue {
	const {
		type,
		properties,
		required,
		enum: choices,
		minItems,
		items,
		minimum,
		anyOf,
		oneOf
	} = (schema ?? {}) as Record<string, unknown>;
	if (depth > DEEPEST) return null;
	if (Array.isArray(choices) && choices.length > 0) return choices[0] as JsonValue;
	const way = anyOf ?? oneOf;
	if (Array.isArray(way) && way.length > 0) return sampleOf(way[0], words, depth + 1);
	const kind = String(Array.isArray(type) ? type[0] : (type ?? 'object')).toLowerCase();
	switch (kind) {
		case 'string':
			return words;
		case 'integer':
		case 'number':
			return typeof minimum === 'number' ? minimum : 1;
		case 'boolean':
			return false;
		case 'null':
			return null;
		case 'array':
			return Array.from({ length: Math.min(Number(minItems ?? 0), 10) }, () =>
				sampleOf(items, words, depth + 1)
			);
		default: {
			const all = (properties ?? {}) as Record<string, unknown>;
			const names = Array.isArray(required) ? required.map(String) : Object.keys(all);
			return Object.fromEntries(
				names.map((name) => [name, sampleOf(all[name] ?? { type: 'string' }, words, depth + 1)])
			);
		}
	}
}
