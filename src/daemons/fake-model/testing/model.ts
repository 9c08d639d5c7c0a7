// A fake model for a test, and requests of the three wires.
import { onTestFinished } from 'vitest';
import { ModelScenario, type ModelScenarioInput } from '#protocol/model/scenario.ts';
import { openFakeModel, type FakeModelOptions, type Told } from '../server.ts';

/** A running fake model that ends with the test. `told` grows with each request that has ended. */
export async function openTestModel(
	scenario: ModelScenarioInput,
	more: Partial<FakeModelOptions> = {}
) {
	const told: Told[] = [];
	const model = await openFakeModel({
		scenario: ModelScenario.parse(scenario),
		tell: (one) => void told.push(one),
		...more
	});
	onTestFinished(() => model.close());
	const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
		fetch(model.url + path, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body)
		});
	return { ...model, told, post };
}

/** The `data` of each event of a stream. */
export async function events(response: Response): Promise<Record<string, unknown>[]> {
	const text = await response.text();
	return [...text.matchAll(/^data: (.*)$/gm)].map(
		([, data = '']) => JSON.parse(data) as Record<string, unknown>
	);
}

/** A request of the Anthropic wire. */
export function messages(text: string, more: Record<string, unknown> = {}) {
	return {
		model: 'm',
		max_tokens: 100,
		messages: [{ role: 'user', content: text }],
		...more
	};
}

/** A request of the OpenAI wire. */
export function responses(text: string, more: Record<string, unknown> = {}) {
	return { model: 'm', input: text, ...more };
}

/** A request of the Gemini wire. */
export function contents(text: string, more: Record<string, unknown> = {}) {
	return { contents: [{ role: 'user', parts: [{ text }] }], ...more };
}
