// The paths of the three wires, each with what it does.
import { AnthropicCount, AnthropicRequest } from '#protocol/model/anthropic.ts';
import { GeminiCount, GeminiRequest } from '#protocol/model/gemini.ts';
import { ResponsesRequest } from '#protocol/model/openai.ts';
import type { ModelWire } from '#protocol/model/scenario.ts';
import type { IncomingHttpHeaders } from 'node:http';
import { anthropicEvents, anthropicWhole, readAnthropic } from './anthropic.ts';
import { parse } from './body.ts';
import { geminiEvents, geminiWhole, readGemini } from './gemini.ts';
import { responsesEvents, responsesWhole, readResponses } from './openai.ts';
import { estimateTokens } from './parts.ts';
import type { Answer, Question, StreamEvent } from './question.ts';

/** A question, and how its wire writes the answer. */
export interface Asking {
	question: Question;
	whole(answer: Answer): unknown;
	events(answer: Answer): Iterable<StreamEvent>;
}

export interface Door {
	wire: ModelWire;
	method: 'GET' | 'POST';
	/** Answers that need no scenario. `body` is null for GET. */
	plain?(body: unknown, characters: number): unknown;
	ask?(body: unknown, headers: IncomingHttpHeaders, characters: number): Asking;
}

/** Models that lists name; any other name is taken as well. */
const MODELS: Record<ModelWire, string> = {
	anthropic: 'claude-fake-model',
	openai: 'gpt-fake-model',
	gemini: 'gemini-fake-model'
};
const MADE_AT = '2026-01-01T00:00:00Z';

const GEMINI = /^\/v1(?:beta|alpha)?\/models\/([A-Za-z0-9._-]{1,100}):([A-Za-z]{1,40})$/;

/** The door at a path; null when there is none. `fromAnthropic` tells two wires apart that list models at one path. */
export function doorAt(path: string, fromAnthropic: boolean): Door | null {
	switch (path) {
		case '/v1/messages':
			return {
				wire: 'anthropic',
				method: 'POST',
				ask: (body, headers, characters) => ({
					question: readAnthropic(parse(AnthropicRequest, body), headers, characters),
					whole: anthropicWhole,
					events: anthropicEvents
				})
			};
		case '/v1/messages/count_tokens':
			return {
				wire: 'anthropic',
				method: 'POST',
				plain(body, characters) {
					parse(AnthropicCount, body);
					return { input_tokens: estimateTokens(characters) };
				}
			};
		case '/v1/models':
			return fromAnthropic ? anthropicModels : openaiModels;
		case '/v1/responses':
			return {
				wire: 'openai',
				method: 'POST',
				ask: (body, headers, characters) => ({
					question: readResponses(parse(ResponsesRequest, body), headers, characters),
					whole: responsesWhole,
					events: responsesEvents
				})
			};
		case '/v1beta/models':
			return geminiModels;
		default:
			return geminiDoor(path);
	}
}

const anthropicModels: Door = {
	wire: 'anthropic',
	method: 'GET',
	plain: () => ({
		data: [
			{
				type: 'model',
				id: MODELS.anthropic,
				display_name: 'Fake model',
				created_at: MADE_AT
			}
		],
		has_more: false,
		first_id: MODELS.anthropic,
		last_id: MODELS.anthropic
	})
};

const openaiModels: Door = {
	wire: 'openai',
	method: 'GET',
	plain: () => ({
		object: 'list',
		data: [
			{
				id: MODELS.openai,
				object: 'model',
				created: Date.parse(MADE_AT) / 1000,
				owned_by: 'village'
			}
		]
	})
};

const geminiModels: Door = {
	wire: 'gemini',
	method: 'GET',
	plain: () => ({
		models: [
			{
				name: `models/${MODELS.gemini}`,
				displayName: 'Fake model',
				inputTokenLimit: 1_000_000,
				outputTokenLimit: 64_000,
				supportedGenerationMethods: ['generateContent', 'countTokens']
			}
		]
	})
};

function geminiDoor(path: string): Door | null {
	const [, model, does] = GEMINI.exec(path) ?? [];
	if (model === undefined) return null;
	if (does === 'countTokens')
		return {
			wire: 'gemini',
			method: 'POST',
			plain(body, characters) {
				parse(GeminiCount, body);
				return { totalTokens: estimateTokens(characters) };
			}
		};
	if (does !== 'generateContent' && does !== 'streamGenerateContent') return null;
	const stream = does === 'streamGenerateContent';
	return {
		wire: 'gemini',
		method: 'POST',
		ask: (body, _headers, characters) => ({
			question: readGemini(parse(GeminiRequest, body), { model, stream }, characters),
			whole: geminiWhole,
			events: geminiEvents
		})
	};
}
