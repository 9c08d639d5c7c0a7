// The Gemini API: reads a request, writes an answer whole or as events.
import type { GeminiRequest } from '#protocol/model/gemini.ts';
import { answers } from './anthropic.ts';
import type { Part } from './parts.ts';
import { pieces } from './pieces.ts';
import { conversationOf, findCwd, lastSaid, resultText } from './question.ts';
import type { Answer, Question, StreamEvent } from './question.ts';

type Content = GeminiRequest['contents'][number];

/** What a request asks. The model and the kind of answer are in its path; `characters` is the length of its body. */
export function readGemini(
	request: GeminiRequest,
	path: { model: string; stream: boolean },
	characters: number
): Question {
	const { contents, systemInstruction: system, generationConfig: config } = request;
	const said = contents.filter(({ role }) => role !== 'model').flatMap(textsOf);
	const lastAnswer = contents.findLastIndex(({ role }) => role === 'model');
	const asksJson = config?.responseMimeType === 'application/json';
	return {
		wire: 'gemini',
		userText: lastSaid(said),
		toolResults: contents
			.slice(lastAnswer + 1)
			.flatMap(({ parts }) =>
				parts.flatMap(({ functionResponse }) =>
					functionResponse ? [resultText(functionResponse.response)] : []
				)
			),
		turn: answers(contents.map(({ role }) => role === 'model')),
		model: path.model,
		stream: path.stream,
		conversation: conversationOf('gemini', null, said),
		planFile: planFile(request),
		cwd: findCwd([
			...(typeof system === 'string' ? [system] : system ? textsOf(system) : []),
			...contents.flatMap(textsOf)
		]),
		offers: request.tools.flatMap(({ functionDeclarations }) =>
			(functionDeclarations ?? []).map(({ name, parametersJsonSchema, parameters }) => ({
				name,
				schema: parametersJsonSchema ?? parameters
			}))
		),
		schema: asksJson ? (config.responseJsonSchema ?? config.responseSchema ?? true) : null,
		maxTokens: null,
		characters
	};
}

const PLANS = /plans directory: (\/\S+?\/plans)\//;

/** In its plan mode Gemini CLI names a folder for plans, in what it tells of its tools. */
function planFile({ tools }: GeminiRequest): string | null {
	for (const { description } of tools.flatMap(({ functionDeclarations: all }) => all ?? [])) {
		const dir = PLANS.exec(typeof description === 'string' ? description : '')?.[1];
		if (dir !== undefined) return `${dir}/plan.md`;
	}
	return null;
}

function textsOf({ parts }: Content): string[] {
	return parts.flatMap(({ text }) => (text === undefined ? [] : [text]));
}

/** The answer in one piece. */
export function geminiWhole(answer: Answer) {
	return chunk(
		answer,
		answer.parts.map((part, index) => wirePart(answer, part, index)),
		true
	);
}

function chunk({ id, model, tokens }: Answer, parts: unknown[], last: boolean) {
	return {
		candidates: [
			{ index: 0, content: { role: 'model', parts }, ...(last ? { finishReason: 'STOP' } : {}) }
		],
		usageMetadata: {
			promptTokenCount: tokens.input,
			candidatesTokenCount: last ? tokens.output : 0,
			totalTokenCount: tokens.input + (last ? tokens.output : 0),
			cachedContentTokenCount: tokens.cached
		},
		modelVersion: model,
		responseId: id
	};
}

function wirePart(answer: Answer, part: Part, index: number) {
	switch (part.kind) {
		case 'thinking':
			return { text: part.text, thought: true };
		case 'text':
			return { text: part.text };
		case 'call':
			return {
				functionCall: { id: `call_${answer.id}${index}`, name: part.name, args: part.input }
			};
	}
}

/** The answer as events. */
export function* geminiEvents(answer: Answer): Generator<StreamEvent> {
	for (const [index, part] of answer.parts.entries()) {
		if (part.kind === 'call') yield { data: chunk(answer, [wirePart(answer, part, index)], false) };
		else
			for (const text of pieces(part.text))
				yield { data: chunk(answer, [wirePart(answer, { ...part, text }, index)], false) };
	}
	yield { data: chunk(answer, [{ text: '' }], true) };
}
