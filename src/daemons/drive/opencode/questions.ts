// Questions that are open: asked once each, answered by whoever is first, and never taken for answered without the server's word.
import { newApprovalId } from '../../session-door/ids.ts';
import type { OpenQuestion } from '../../session-door/ask.ts';
import type { DriverSession } from '../session.ts';
import { Refused, type Api } from './api.ts';
import type { Asked, Reply } from './requests.ts';

/** How long the server may take to repeat an answer it took. */
const CONFIRM_MS = 5_000;
/** Said of a question that only the program's own dialog can answer. */
export const ONLY_THERE = 'It asks something in its terminal that cannot be answered elsewhere.';
/** Ids that were settled, kept so that an event that comes again asks nobody. */
const MAX_SETTLED = 1000;

type Effect = Reply['effect'];

interface Open {
	asked: Asked;
	question: OpenQuestion;
	/** Set once our answer is on its way. */
	replied?: (effect: Effect | null) => void;
}

export interface Questions {
	readonly open: number;
	/** Asks people, unless this was asked before. */
	ask(asked: Asked): void;
	/** The server says that one is answered. */
	replied(id: string, effect: Effect): void;
	/** The server lists what is open: all others of that list are answered, nobody knows how. */
	listed(list: Asked['list'], ids: ReadonlySet<string>): void;
	/** Nobody waits for any answer any more. */
	withdraw(): void;
}

/** `changed` is called whenever the number of open questions did. */
export function openQuestions(api: Api, session: DriverSession, changed: () => void): Questions {
	const open = new Map<string, Open>();
	const settled = new Map<string, Effect | null>();

	function settle(id: string, effect: Effect | null): void {
		open.delete(id);
		settled.set(id, effect);
		const [oldest] = settled.keys();
		if (settled.size > MAX_SETTLED && oldest !== undefined) settled.delete(oldest);
		changed();
	}
	const fault = (text: string): void =>
		session.work({ kind: 'error', severity: 'high', text: text.slice(0, 4000) });

	/** Sends our answer; the effect the server repeated, null when it repeated none. */
	async function send(id: string, one: Open, reply: Reply): Promise<Effect | null> {
		let timer: NodeJS.Timeout | undefined;
		const heard = new Promise<Effect | null>((resolve) => {
			one.replied = resolve;
			timer = setTimeout(() => resolve(null), CONFIRM_MS);
		});
		try {
			await api.post(reply.path, reply.body);
			return await heard;
		} catch (error) {
			// It was answered meanwhile, or never was: only its event tells.
			if (error instanceof Refused) return await heard;
			return null;
		} finally {
			clearTimeout(timer);
		}
	}

	async function answer(id: string, one: Open): Promise<void> {
		const outcome = await one.question.outcome;
		const mine = outcome.outcome === 'allowed' || outcome.outcome === 'denied';
		if (open.get(id) !== one) {
			// Settled while a person here answered: what the server said counts.
			const effect = settled.get(id);
			if (mine && effect !== outcome.outcome)
				fault(`${one.asked.subject.summary}: it was ${effect ?? 'withdrawn'} elsewhere first.`);
			return;
		}
		const reply = one.asked.reply(outcome);
		if (!reply) {
			settle(id, null);
			return session.status('needs_terminal', 'protocol', { text: ONLY_THERE });
		}
		const effect = await send(id, one, reply);
		if (open.get(id) !== one) return;
		settle(id, effect);
		if (effect === reply.effect) return;
		if (effect === null)
			fault(`${one.asked.subject.summary}: opencode did not confirm the answer.`);
		else fault(`${one.asked.subject.summary}: it was ${effect} elsewhere first.`);
	}

	return {
		get open() {
			return open.size;
		},
		ask(asked) {
			if (open.has(asked.id) || settled.has(asked.id)) return;
			const question = session.ask(newApprovalId(Date.now()), asked.subject);
			const one: Open = { asked, question };
			open.set(asked.id, one);
			changed();
			void answer(asked.id, one);
		},
		replied(id, effect) {
			const one = open.get(id);
			if (!one) return;
			if (one.replied) return one.replied(effect);
			settle(id, effect);
			one.question.answeredElsewhere(effect);
		},
		listed(list, ids) {
			for (const [id, one] of open) {
				if (one.asked.list !== list || ids.has(id) || one.replied) continue;
				settle(id, null);
				one.question.answeredElsewhere('indeterminate');
			}
		},
		withdraw() {
			for (const [id, one] of open) {
				settle(id, null);
				one.replied?.(null);
				one.question.cancel();
			}
		}
	};
}
