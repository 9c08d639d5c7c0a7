// The OpenAI Responses API: reads a request, writes an answer whole or as events.
import type { IncomingHttpHeaders } from 'node:http';
import type { ResponsesItem, ResponsesRequest, ResponsesTool } from '#protocol/model/openai.ts';
import { answers } from './anthropic.ts';
import type { Offer, Part } from './parts.ts';
import { pieces } from './pieces.ts';
import { conversationOf, findCwd, lastSaid, resultText } from './question.ts';
import type { Answer, Question, StreamEvent } from './question.ts';

/** What a request asks. `characters` is the length of its body. */
export function readResponses(
	request: ResponsesRequest,
	headers: IncomingHttpHeaders,
	characters: number
): Question {
	const items: ResponsesItem[] =
		typeof request.input === 'string'
			? [{ type: 'message', role: 'user', content: request.input }]
			: request.input;
	const said = items.filter(({ role }) => role === 'user').flatMap(textsOf);
	const lastAnswer = items.findLastIndex(isAnswer);
	const session = headers['session_id'] ?? headers['session-id'] ?? headers['conversation_id'];
	const format = request.text?.format;
	return {
		wire: 'openai',
		userText: lastSaid(said),
		toolResults: items
			.slice(lastAnswer + 1)
			.flatMap(({ type, output }) => (isOutput(type) ? [resultText(output)] : [])),
		turn: answers(items.map(isAnswer)),
		model: request.model,
		stream: request.stream,
		conversation: conversationOf('openai', session ?? request.prompt_cache_key, said),
		planFile: null,
		cwd: findCwd([...items.flatMap(textsOf), request.instructions ?? '']),
		offers: [...request.tools, ...items.flatMap(({ tools }) => tools ?? [])].flatMap(offersOf),
		schema: format && format.type !== 'text' ? (format.schema ?? true) : null,
		maxTokens: null,
		characters
	};
}

function textsOf({ content }: ResponsesItem): string[] {
	if (typeof content === 'string') return [content];
	return (content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

const isOutput = (type: string | undefined) => type?.endsWith('_output') ?? false;

function isAnswer({ type, role }: ResponsesItem): boolean {
	if (type === undefined || type === 'message') return role === 'assistant';
	return type === 'reasoning' || type.endsWith('_call');
}

function offersOf(tool: ResponsesTool): Offer[] {
	const { type, name = type, tools } = tool;
	if (type !== 'namespace') return [offerOf(tool), ...nested(tool)];
	return (tools ?? []).flatMap((inner) => [
		{ ...offerOf(inner), namespace: name },
		...nested(inner, name)
	]);
}

function offerOf({ type, name = type, parameters }: ResponsesTool): Offer {
	return { name, freeform: type === 'custom', schema: parameters };
}

const DECLARED = /declare const tools: \{ ([A-Za-z_]\w*)\((\w+): (string)?/g;

/** Codex gives its newest models one tool that runs JavaScript, and tells the functions in its description. */
function nested({ type, name = type, description }: ResponsesTool, namespace?: string): Offer[] {
	if (type !== 'custom') return [];
	const within = { name, ...(namespace === undefined ? {} : { namespace }) };
	return [...(description ?? '').matchAll(DECLARED)].map(([, inner = '', , takesText]) => ({
		name: inner,
		freeform: takesText !== undefined,
		within
	}));
}

/** The answer in one piece. */
export function responsesWhole(answer: Answer) {
	return frame(
		answer,
		'completed',
		answer.parts.map((part, index) => item(answer, part, index))
	);
}

function frame({ id, model, tokens, createdAt }: Answer, status: string, output: unknown[]) {
	return {
		id: `resp_${id}`,
		object: 'response',
		created_at: createdAt,
		status,
		model,
		output,
		error: null,
		incomplete_details: null,
		parallel_tool_calls: true,
		tool_choice: 'auto',
		tools: [],
		usage:
			status === 'completed'
				? {
						input_tokens: tokens.input,
						input_tokens_details: { cached_tokens: tokens.cached },
						output_tokens: tokens.output,
						output_tokens_details: { reasoning_tokens: 0 },
						total_tokens: tokens.input + tokens.output
					}
				: null
	};
}

function item(answer: Answer, part: Part, index: number): Record<string, unknown> {
	const key = `${answer.id}${index}`;
	switch (part.kind) {
		case 'thinking':
			return {
				type: 'reasoning',
				id: `rs_${key}`,
				summary: [{ type: 'summary_text', text: part.text }]
			};
		case 'text':
			return {
				type: 'message',
				id: `msg_${key}`,
				status: 'completed',
				role: 'assistant',
				content: [{ type: 'output_text', text: part.text, annotations: [] }]
			};
		case 'call': {
			const { name, namespace, input } = part;
			const grouped = namespace === undefined ? {} : { namespace };
			const named = { id: `fc_${key}`, call_id: `call_${key}`, name, ...grouped };
			return typeof input === 'string'
				? { type: 'custom_tool_call', ...named, input, status: 'completed' }
				: {
						type: 'function_call',
						...named,
						arguments: JSON.stringify(input),
						status: 'completed'
					};
		}
	}
}

/** The answer as events. */
export function* responsesEvents(answer: Answer): Generator<StreamEvent> {
	let number = 0;
	const named = (data: { type: string } & Record<string, unknown>): StreamEvent => ({
		event: data.type,
		data: { ...data, sequence_number: number++ }
	});
	yield named({ type: 'response.created', response: frame(answer, 'in_progress', []) });
	yield named({ type: 'response.in_progress', response: frame(answer, 'in_progress', []) });
	for (const [output_index, part] of answer.parts.entries()) {
		const whole = item(answer, part, output_index);
		const at = { item_id: whole.id, output_index };
		yield named({
			type: 'response.output_item.added',
			output_index,
			item: { ...whole, ...begun(part) }
		});
		yield* inner(part, (type, more) => named({ type, ...at, ...more }));
		yield named({ type: 'response.output_item.done', output_index, item: whole });
	}
	yield named({ type: 'response.completed', response: responsesWhole(answer) });
}

/** What an item looks like before its pieces have come. */
function begun(part: Part): Record<string, unknown> {
	if (part.kind === 'thinking') return { summary: [] };
	if (part.kind === 'text') return { status: 'in_progress', content: [] };
	return typeof part.input === 'string'
		? { status: 'in_progress', input: '' }
		: { status: 'in_progress', arguments: '' };
}

/** The events between the beginning and the end of an item. */
function* inner(
	part: Part,
	named: (type: string, more: Record<string, unknown>) => StreamEvent
): Generator<StreamEvent> {
	switch (part.kind) {
		case 'thinking': {
			const at = { summary_index: 0 };
			const type = 'response.reasoning_summary';
			const whole = { type: 'summary_text', text: part.text };
			yield named(`${type}_part.added`, { ...at, part: { ...whole, text: '' } });
			for (const delta of pieces(part.text)) yield named(`${type}_text.delta`, { ...at, delta });
			yield named(`${type}_text.done`, { ...at, text: part.text });
			yield named(`${type}_part.done`, { ...at, part: whole });
			return;
		}
		case 'text': {
			const at = { content_index: 0 };
			const whole = { type: 'output_text', text: part.text, annotations: [] };
			yield named('response.content_part.added', { ...at, part: { ...whole, text: '' } });
			for (const delta of pieces(part.text))
				yield named('response.output_text.delta', { ...at, delta });
			yield named('response.output_text.done', { ...at, text: part.text });
			yield named('response.content_part.done', { ...at, part: whole });
			return;
		}
		case 'call': {
			const free = typeof part.input === 'string';
			const type = free ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
			const whole = typeof part.input === 'string' ? part.input : JSON.stringify(part.input);
			for (const delta of pieces(whole)) yield named(`${type}.delta`, { delta });
			yield named(`${type}.done`, free ? { input: whole } : { arguments: whole });
		}
	}
}
