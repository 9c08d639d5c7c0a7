// The Anthropic Messages API: reads a request, writes an answer whole or as events.
import type { IncomingHttpHeaders } from 'node:http';
import type { AnthropicRequest } from '#protocol/model/anthropic.ts';
import type { Offer, Part } from './parts.ts';
import { pieces } from './pieces.ts';
import { conversationOf, findCwd, findPlanFile, lastSaid, resultText } from './question.ts';
import type { Answer, Question, StreamEvent } from './question.ts';

type Content = AnthropicRequest['messages'][number]['content'];

/** What a request asks. `characters` is the length of its body. */
export function readAnthropic(
	request: AnthropicRequest,
	headers: IncomingHttpHeaders,
	characters: number
): Question {
	const { messages } = request;
	const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
	const said = messages
		.filter(({ role }) => role === 'user')
		.flatMap(({ content }) => textsOf(content));
	const session = headers['x-claude-code-session-id'] ?? headers['x-session-affinity'];
	const texts = [
		...textsOf(request.system ?? ''),
		...messages.flatMap(({ content }) => textsOf(content))
	];
	return {
		wire: 'anthropic',
		userText: lastSaid(said),
		toolResults: messages.slice(lastAnswer + 1).flatMap(({ content }) => resultsOf(content)),
		turn: answers(messages.map(({ role }) => role === 'assistant')),
		model: request.model,
		stream: request.stream,
		conversation: conversationOf('anthropic', session ?? request.metadata?.user_id, said),
		planFile: findPlanFile(texts),
		cwd: findCwd(texts),
		offers: [
			...request.tools.map(({ name, input_schema }) => ({ name, schema: input_schema })),
			...deferred(request)
		],
		schema: request.output_config?.format?.schema ?? null,
		maxTokens: request.max_tokens,
		characters
	};
}

/** Tools that Claude Code names in words only, one a line; it takes calls of them all the same. */
function deferred({ tools, messages }: AnthropicRequest): Offer[] {
	if (!tools.some(({ name }) => name === 'ToolSearch')) return [];
	const told = messages
		.filter(({ role }) => role === 'system')
		.flatMap(({ content }) => textsOf(content));
	return told.flatMap((text) => (text.match(/^[A-Z][A-Za-z]+$/gm) ?? []).map((name) => ({ name })));
}

/** How many answers there are in a conversation: neighbours are parts of one. */
export function answers(isAnswer: readonly boolean[]): number {
	return isAnswer.filter((is, index) => is && !isAnswer[index - 1]).length;
}

function textsOf(content: Content): string[] {
	if (typeof content === 'string') return [content];
	return content.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : []));
}

function resultsOf(content: Content): string[] {
	if (typeof content === 'string') return [];
	return content.flatMap((block) =>
		block.type === 'tool_result' ? [resultText(block.content)] : []
	);
}

const stopReason = ({ parts }: Answer) =>
	parts.some(({ kind }) => kind === 'call') ? 'tool_use' : 'end_turn';

function usage({ tokens }: Answer) {
	return {
		input_tokens: tokens.input - tokens.cached,
		cache_creation_input_tokens: 0,
		cache_read_input_tokens: tokens.cached,
		output_tokens: tokens.output
	};
}

/** The answer in one piece. */
export function anthropicWhole(answer: Answer) {
	return {
		id: `msg_${answer.id}`,
		type: 'message',
		role: 'assistant',
		model: answer.model,
		content: answer.parts.map((part, index) => block(answer, part, index)),
		stop_reason: stopReason(answer),
		stop_sequence: null,
		usage: usage(answer)
	};
}

function block(answer: Answer, part: Part, index: number) {
	switch (part.kind) {
		case 'thinking':
			return { type: 'thinking', thinking: part.text, signature: signature(answer) };
		case 'text':
			return { type: 'text', text: part.text };
		case 'call':
			return {
				type: 'tool_use',
				id: `toolu_${answer.id}${index}`,
				name: part.name,
				input: part.input
			};
	}
}

const signature = ({ id }: Answer) => Buffer.from(`fake ${id}`).toString('base64');

/** The answer as events. */
export function* anthropicEvents(answer: Answer): Generator<StreamEvent> {
	const named = (data: { type: string } & Record<string, unknown>): StreamEvent => ({
		event: data.type,
		data
	});
	const message = { ...anthropicWhole(answer), content: [], stop_reason: null };
	yield named({
		type: 'message_start',
		message: { ...message, usage: { ...message.usage, output_tokens: 1 } }
	});
	for (const [index, part] of answer.parts.entries()) {
		const whole = block(answer, part, index);
		const delta = (value: Record<string, unknown>) =>
			named({ type: 'content_block_delta', index, delta: value });
		const empty =
			part.kind === 'call'
				? { ...whole, input: {} }
				: part.kind === 'text'
					? { type: 'text', text: '' }
					: { type: 'thinking', thinking: '', signature: '' };
		yield named({ type: 'content_block_start', index, content_block: empty });
		if (part.kind === 'call')
			for (const partial_json of pieces(JSON.stringify(part.input)))
				yield delta({ type: 'input_json_delta', partial_json });
		else if (part.kind === 'text')
			for (const text of pieces(part.text)) yield delta({ type: 'text_delta', text });
		else {
			for (const thinking of pieces(part.text)) yield delta({ type: 'thinking_delta', thinking });
			yield delta({ type: 'signature_delta', signature: signature(answer) });
		}
		yield named({ type: 'content_block_stop', index });
	}
	yield named({
		type: 'message_delta',
		delta: { stop_reason: stopReason(answer), stop_sequence: null },
		usage: usage(answer)
	});
	yield named({ type: 'message_stop' });
}
