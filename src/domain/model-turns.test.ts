import { expect, test } from 'vitest';
import { ModelScenario, type ModelScenarioInput } from '#protocol/model/scenario.ts';
import { nextReply, type Asked } from './model-turns.ts';

const asked = (more: Partial<Asked> = {}): Asked => ({
	wire: 'anthropic',
	userText: 'hello',
	toolResults: [],
	turn: 0,
	...more
});
const scenario = (turns: ModelScenarioInput['turns']) => ModelScenario.parse({ turns });
const say = (text: string) => ({ reply: { text } });

test('turns are played in their order, then the scenario has an answer for the rest', () => {
	const two = scenario([say('one'), say('two')]);
	const texts = [
		new Map(),
		new Map([[0, 1]]),
		new Map([
			[0, 1],
			[1, 1]
		])
	].map((played: Map<number, number>) => nextReply(two, asked(), played).reply.text);
	expect(texts).toEqual(['one', 'two', 'There is nothing more to do.']);
});

test('a turn is played as often as it says, 0 without end', () => {
	const twice = scenario([
		{ times: 2, ...say('again') },
		{ times: 0, ...say('ever') }
	]);
	expect(nextReply(twice, asked(), new Map([[0, 1]])).turn).toBe(0);
	expect(
		nextReply(
			twice,
			asked(),
			new Map([
				[0, 2],
				[1, 999]
			])
		).turn
	).toBe(1);
});

test('all that a match names must hold', () => {
	const match = { text: '^hel', toolResult: 'ok$', turn: 2, wire: 'openai' as const };
	const one = scenario([{ match, ...say('yes') }]);
	const fits = asked({ toolResults: ['no', 'all ok'], turn: 2, wire: 'openai' });
	const turn = (more: Partial<Asked>) => nextReply(one, { ...fits, ...more }, new Map()).turn;
	expect(turn({})).toBe(0);
	for (const more of [
		{ userText: 'oh hello' },
		{ toolResults: [] },
		{ toolResults: ['ok?'] },
		{ turn: 1 },
		{ wire: 'gemini' as const }
	])
		expect(turn(more)).toBeNull();
});

test('a scenario that cannot be played is refused', () => {
	for (const turn of [
		{ reply: {} },
		{ reply: { text: 'a', error: { kind: 'failed' } } },
		{ match: { text: '(' }, reply: { text: 'a' } },
		{ match: { texts: 'a' }, reply: { text: 'a' } },
		{ reply: { actions: [{ do: 'dance' }] } },
		{ reply: { text: 'a', delayMs: -1 } }
	])
		expect(ModelScenario.safeParse({ turns: [turn] }).success).toBe(false);
});
