// How far each conversation is in the scenario. Kept in memory, and bounded: the oldest is forgotten.
import { nextReply, type Asked, type Next } from '#domain/model-turns.ts';
import type { ModelScenario } from '#protocol/model/scenario.ts';
import type { Conversation } from './question.ts';

/** Most conversations remembered at the same time. */
export const MAX_CONVERSATIONS = 1000;

export interface Conversations {
	/** The reply to a request; its turn counts as played from now on. */
	next(conversation: Conversation, asked: Asked): Next;
}

/** @param scenario what is played in each of them */
export function createConversations(scenario: ModelScenario): Conversations {
	const known = new Map<string, { played: Map<number, number>; turn: number }>();
	return {
		next({ key, guessed }, asked) {
			let mine = known.get(key);
			// Its first words again after the model has answered them: somebody else begins in the same way.
			if (!mine || (guessed && asked.turn === 0 && mine.turn > 0))
				mine = { played: new Map(), turn: 0 };
			const next = nextReply(scenario, asked, mine.played);
			if (next.turn !== null) mine.played.set(next.turn, (mine.played.get(next.turn) ?? 0) + 1);
			mine.turn = asked.turn;
			known.delete(key);
			known.set(key, mine);
			const [oldest] = known.keys();
			if (known.size > MAX_CONVERSATIONS && oldest !== undefined) known.delete(oldest);
			return next;
		}
	};
}
