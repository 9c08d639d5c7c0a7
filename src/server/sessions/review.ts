// A review of what a session has changed, typed into its terminal as the next prompt, and told to everybody.
import { typable } from '#domain/review.ts';
import { takesPrompts } from '#domain/provider.ts';
import { audit } from '#server/audit/service.ts';
import { demand, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { Sessions } from './service.ts';
import { viewOf } from './store.ts';
import { about } from './transition.ts';

/**
 * Sends a review. Throws `SESSION_NOT_FOUND`, `FORBIDDEN`, `VALIDATION_ERROR`, `INVALID_STATE` (it does not run, or waits for an
 * answer, which the text would give), `SESSION_PAUSED`, `KEYBOARD_HELD` (somebody else types there), and what `acceptInput` throws.
 */
export type SendReview = (
	actor: Actor,
	sessionId: string,
	review: { text: string; comments: number }
) => Promise<{ bytes: number }>;

/** A program that is told text and Enter in one piece may take both for the paste. */
const ENTER_AFTER_MS = 250;

export function createSendReview(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	sessions: Sessions;
	terminals: Terminals;
}): SendReview {
	const { clock, terminals } = deps;
	/** Sessions that are being typed to: two reviews must not become one text. */
	const typing = new Set<string>();
	return async function sendReview(actor, sessionId, review) {
		const session = await deps.sessions.demandSession(actor, sessionId);
		demand(actor, session.orgId, 'terminal.write', 'SESSION_NOT_FOUND');
		const text = typable(review.text);
		if (text === '')
			throw new AppError('VALIDATION_ERROR', 'There is nothing to send.', {
				issues: [{ path: 'text', message: 'There is nothing to send.' }]
			});
		if (!takesPrompts(session.providerId))
			throw new AppError('INVALID_STATE', 'A shell would run a review, line by line.');
		if (session.state === 'PAUSED_BY_HUMAN')
			throw new AppError('SESSION_PAUSED', 'The session is paused. Resume it first.');
		if (session.state === 'WAITING_FOR_APPROVAL')
			throw new AppError('INVALID_STATE', 'It waits for an answer. Give that first.');
		if (session.state !== 'RUNNING' || session.phase === 'stopping')
			throw new AppError('INVALID_STATE', 'The session does not run.');
		const holder = terminals.keyboardOf(sessionId)?.holder;
		if (holder && holder.userId !== actor.id)
			throw new AppError('KEYBOARD_HELD', `${holder.name} types there now.`);

		const pastes = await terminals.pastes(sessionId);
		if (typing.has(sessionId))
			throw new AppError('CONFLICT', 'Somebody else sends a review at this moment.');
		const by = { userId: actor.id, name: actor.name };
		// A program that knows no paste would take every line end for Enter.
		const typed = pastes ? `\u001b[200~${text}\u001b[201~` : text.replace(/\s*\n\s*/g, ' ');
		const data = Buffer.from(typed, 'utf8');
		typing.add(sessionId);
		try {
			await terminals.acceptInput(sessionId, data, by);
			await new Promise((resolve) => setTimeout(resolve, ENTER_AFTER_MS));
			await terminals.acceptInput(sessionId, Buffer.from('\r'), by);
		} finally {
			typing.delete(sessionId);
		}

		await deps.log.transact(async (tx, collect) => {
			collect.add(session.orgId, {
				...about(session),
				type: 'session.reviewed',
				data: {
					sessionId,
					comments: review.comments,
					text,
					byName: actor.name,
					session: await viewOf(tx, sessionId, clock.now())
				},
				actor: actor.id
			});
			await audit(tx, {
				orgId: session.orgId,
				actor,
				action: 'session.review',
				target: { kind: 'session', id: sessionId },
				detail: { comments: review.comments, bytes: data.length },
				at: clock.now()
			});
		});
		return { bytes: data.length };
	};
}
