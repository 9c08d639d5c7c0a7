// What a fake model says next: pure rules over a scenario and what a request asks.
import type { ModelMatch, ModelReply, ModelScenario, ModelWire } from '#protocol/model/scenario.ts';

/** What a request asks, whatever wire it came over. */
export interface Asked {
	wire: ModelWire;
	/** What the user wrote last; empty when nothing. */
	userText: string;
	/** Results of the tools called in the model's last answer, in order. */
	toolResults: readonly string[];
	/** How often the model has answered in this conversation. */
	turn: number;
}

/** How often each turn of the scenario, by its index, was played in one conversation. */
export type Played = ReadonlyMap<number, number>;

/** The reply to a request, and the index of its turn: null when no turn was left. */
export interface Next {
	turn: number | null;
	reply: ModelReply;
}

/** The first turn that matches and is not used up; else the scenario's `otherwise`. */
export function nextReply(scenario: ModelScenario, asked: Asked, played: Played): Next {
	const turn = scenario.turns.findIndex(
		({ match, times }, index) =>
			(times === 0 || (played.get(index) ?? 0) < times) && matches(match, asked)
	);
	const found = scenario.turns[turn];
	return found ? { turn, reply: found.reply } : { turn: null, reply: scenario.otherwise };
}

/** Most characters a pattern is tried on: the end of what was said is what was said last. */
const LOOKED_AT = 20_000;

function matches(match: ModelMatch, asked: Asked): boolean {
	if (match.wire !== undefined && match.wire !== asked.wire) return false;
	if (match.turn !== undefined && match.turn !== asked.turn) return false;
	if (match.text !== undefined && !finds(match.text, asked.userText)) return false;
	const { toolResult } = match;
	return toolResult === undefined || asked.toolResults.some((result) => finds(toolResult, result));
}

function finds(pattern: string, text: string): boolean {
	return new RegExp(pattern, 'u').test(text.slice(-LOOKED_AT));
}
