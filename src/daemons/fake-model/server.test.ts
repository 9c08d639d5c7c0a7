import { expect, test } from 'vitest';
import { contents, events, messages, openTestModel, responses } from './testing/model.ts';

const HELLO = {
	turns: [{ reply: { text: 'Good morning', usage: { input: 9, output: 3, cached: 4 } } }]
};
const GEMINI = '/v1beta/models/g-1';

test('an Anthropic request in one piece has the text and the usage of the scenario', async () => {
	const model = await openTestModel(HELLO);
	const answer = await model.post('/v1/messages', messages('hello'));
	expect(await answer.json()).toMatchObject({
		type: 'message',
		model: 'm',
		content: [{ type: 'text', text: 'Good morning' }],
		stop_reason: 'end_turn',
		usage: { input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 3 }
	});
});

test('an Anthropic stream has the events in their order, and its pieces make the text', async () => {
	const text = 'ä🌻'.repeat(60);
	const model = await openTestModel({ turns: [{ reply: { thinking: 'Hm.', text } }] });
	const all = await events(await model.post('/v1/messages', messages('hi', { stream: true })));
	expect(
		all.map(({ type }) => type).filter((type, index, types) => type !== types[index - 1])
	).toEqual([
		...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
		...['content_block_start', 'content_block_delta', 'content_block_stop'],
		...['message_delta', 'message_stop']
	]);
	const deltas = all.map(({ delta }) => (delta as { text?: string } | undefined)?.text ?? '');
	expect(deltas.join('')).toBe(text);
});

test('an OpenAI request is answered in one piece and as a stream that ends with the same', async () => {
	const model = await openTestModel({ turns: [{ times: 0, reply: { text: 'Good morning' } }] });
	const whole = await (await model.post('/v1/responses', responses('hello'))).json();
	const message = { type: 'message', role: 'assistant', content: [{ text: 'Good morning' }] };
	expect(whole).toMatchObject({ object: 'response', status: 'completed', output: [message] });
	const all = await events(await model.post('/v1/responses', responses('hello', { stream: true })));
	expect(all.map(({ sequence_number: number }) => number)).toEqual(all.map((_, index) => index));
	expect(all[0]).toMatchObject({ type: 'response.created', response: { status: 'in_progress' } });
	expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [message] } });
});

test('a Gemini request is answered in one piece and as a stream', async () => {
	const model = await openTestModel({ turns: [{ times: 0, reply: { text: 'Good morning' } }] });
	const whole = await (await model.post(`${GEMINI}:generateContent`, contents('hello'))).json();
	expect(whole).toMatchObject({
		candidates: [{ content: { parts: [{ text: 'Good morning' }] }, finishReason: 'STOP' }]
	});
	const path = `${GEMINI}:streamGenerateContent?alt=sse`;
	const all = await events(await model.post(path, contents('hello')));
	expect(all.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], modelVersion: 'g-1' });
});

test('tokens are counted and models are listed on every wire', async () => {
	const model = await openTestModel({});
	const count = await model.post('/v1/messages/count_tokens', messages('hello'));
	expect(((await count.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(5);
	const gemini = await model.post(`${GEMINI}:countTokens`, contents('hello'));
	expect(((await gemini.json()) as { totalTokens: number }).totalTokens).toBeGreaterThan(5);
	const list = async (path: string, headers: Record<string, string> = {}) =>
		(await fetch(model.url + path, { headers })).json();
	expect(await list('/v1/models')).toMatchObject({ object: 'list' });
	expect(await list('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({
		has_more: false
	});
	expect(await list('/v1beta/models')).toMatchObject({ models: [{ displayName: 'Fake model' }] });
});

test('what a door does not take is refused in the words of its wire, and plays no turn', async () => {
	const model = await openTestModel(HELLO, { maxBodyBytes: 2000 });
	const refused = async (path: string, body: unknown) => {
		const response = await model.post(path, body);
		return { status: response.status, body: (await response.json()) as Record<string, unknown> };
	};
	const anthropic = { type: 'error', error: { type: 'invalid_request_error' } };
	for (const body of ['{', '[]', 'null', '""', {}, messages('x', { messages: [] })])
		expect(await refused('/v1/messages', body)).toMatchObject({ status: 400, body: anthropic });
	for (const body of ['nope', { model: 'm' }, responses('x', { input: [] })])
		expect(await refused('/v1/responses', body)).toMatchObject({
			status: 400,
			body: { error: { code: 'invalid_request_error' } }
		});
	for (const body of ['nope', {}, { contents: [] }])
		expect(await refused(`${GEMINI}:generateContent`, body)).toMatchObject({
			status: 400,
			body: { error: { code: 400, status: 'INVALID_ARGUMENT' } }
		});
	expect(await refused('/v1/messages', messages('x'.repeat(3000)))).toMatchObject({
		status: 413,
		body: { error: { type: 'request_too_large' } }
	});
	for (const path of ['/v1/unknown', '/v1/chat/completions', `${GEMINI}:embedContent`, '/%00'])
		expect((await refused(path, {})).status).toBe(404);
	expect((await fetch(`${model.url}/v1/messages`)).status).toBe(405);
	const still = await (await model.post('/v1/messages', messages('hello'))).json();
	expect(still).toMatchObject({ content: [{ text: 'Good morning' }] });
});

test('a page that came by another host name is refused', async () => {
	const model = await openTestModel(HELLO);
	const { request } = await import('node:http');
	const status = await new Promise((resolve) =>
		request({ port: model.port, path: '/', headers: { host: 'evil.example' } }, (response) => {
			response.resume();
			resolve(response.statusCode);
		}).end()
	);
	expect(status).toBe(403);
});

test('errors come with the status of their wire, and the next try gets the next turn', async () => {
	const turns = [
		{ reply: { error: { kind: 'rate_limited' as const, retryAfter: 7 } } },
		{ reply: { error: { kind: 'overloaded' as const } } },
		{ reply: { error: { kind: 'failed' as const } } },
		{ reply: { text: 'At last' } }
	];
	const model = await openTestModel({ turns });
	const anthropic = () => model.post('/v1/messages', messages('hello', { stream: true }));
	const first = await anthropic();
	expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
	expect([(await anthropic()).status, (await anthropic()).status]).toEqual([529, 500]);
	expect(await (await anthropic()).text()).toContain('At last');
	const gemini = () => model.post(`${GEMINI}:generateContent`, contents('hello'));
	const statuses = [await gemini(), await gemini(), await gemini(), await gemini()];
	expect(statuses.map(({ status }) => status)).toEqual([429, 503, 500, 200]);
});

test('a stream that is cut ends without its last event', async () => {
	const model = await openTestModel({
		turns: [{ times: 0, reply: { text: 'Hello', cutAfter: 2 } }]
	});
	const cut = await model.post('/v1/messages', messages('hello', { stream: true }));
	expect(cut.status).toBe(200);
	await expect(cut.text()).rejects.toThrow();
	const whole = await model.post('/v1/messages', messages('hello'));
	await expect(whole.text()).rejects.toThrow();
});

test('requests beside the conversation of a program play no turn', async () => {
	const model = await openTestModel({ title: 'My title', ...HELLO });
	const program = { 'user-agent': 'claude-cli/2.1.329 (external, cli)' };
	const title = await model.post('/v1/messages', messages('a title please'), program);
	expect(await title.json()).toMatchObject({ content: [{ text: 'My title' }] });
	const schema = {
		type: 'object',
		properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 3 } },
		required: ['title', 'score']
	};
	const json = await model.post(
		'/v1/messages',
		messages('x', { output_config: { format: { type: 'json_schema', schema } } })
	);
	const { content } = (await json.json()) as { content: { text: string }[] };
	expect(JSON.parse(content[0]!.text)).toEqual({ title: 'My title', score: 3 });
	const tools = [{ name: 'Bash' }];
	const turn = await model.post('/v1/messages', messages('hello', { tools }), program);
	expect(await turn.json()).toMatchObject({ content: [{ text: 'Good morning' }] });
	await expect.poll(() => model.told.map((one) => one.turn)).toEqual(['side', 'side', 0]);
});

test('nobody is told bodies unless they were asked for, and never credentials', async () => {
	const quiet = await openTestModel(HELLO);
	await (await quiet.post('/v1/messages', messages('secret words'))).text();
	await expect.poll(() => quiet.told.length).toBe(1);
	expect(JSON.stringify(quiet.told)).not.toContain('secret');
	const loud = await openTestModel(HELLO, { bodies: true });
	const headers = { 'x-api-key': 'secret-key', authorization: 'Bearer secret-key' };
	await (await loud.post('/v1/messages', messages('these words'), headers)).text();
	await expect.poll(() => loud.told.length).toBe(1);
	expect(JSON.stringify(loud.told)).toContain('these words');
	expect(JSON.stringify(loud.told)).not.toContain('secret-key');
});
