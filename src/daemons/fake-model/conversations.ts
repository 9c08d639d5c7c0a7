// How far each conversation is in the scenario. Kept in memory, and bounded: the oldest is forgotten.
import { nextReply, type Asked, type Next } from '#domain/model-turns.ts';
import type { ModelScenario } from '#protocol/model/scenario.ts';

/** Most conversations remembered at the same time. */
export const MAX_CONVERSATIONS = 1000;

export interface Conversations {
	/** The reply to a request; its turn counts as played from now on. */
	next(conversation: string, asked: Asked): Next;
}

/** @param scenario what is played in each of them */
export function createConversations(scenario: ModelScenario): Conversations {
	const played = new Map<string, Map<number, number>>();
	return {
		next(conversation, asked) {
			const mine = played.get(conversation) ?? new Map<number, number>();
			const next = nextReply(scenario, asked, mine);
			if (next.turn !== null) mine.set(next.turn, (mine.get(next.turn) ?? 0) + 1);
			played.delete(conversation);
			played.set(conversation, mine);
			const [oldest] = played.keys();
			if (played.size > MAX_CONVERSATIONS && oldest !== undefined) played.delete(oldest);
			return next;
		}
	};
}
