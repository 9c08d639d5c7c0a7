// What one connection is subscribed to, and what it may do there.
import { isTerminal } from '#domain/session.ts';
import type { RunnerView, SessionDetail } from '#domain/views.ts';
import type { ClientErrorCode } from '#protocol/client/error.ts';
import type { Subscribe } from '#protocol/client/subscribe.ts';
import type { SubscribeSession } from '#protocol/client/subscribe-session.ts';
import type { Terminal } from '#protocol/client/terminal.ts';
import type { TerminalInput } from '#protocol/client/terminal-input.ts';
import type { Unsubscribe } from '#protocol/client/unsubscribe.ts';
import type { UnsubscribeSession } from '#protocol/client/unsubscribe-session.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { may, missing, type Actor } from '#server/auth/actor.ts';
import type { Identity } from '#server/auth/authenticate.ts';
import { AppError, isAppError } from '#server/errors.ts';
import type { Terminals } from '#server/terminals/types.ts';
import { approvalFrame, eventText, type LogEvent } from './frames.ts';
import type { Hub } from './hub.ts';
import type { Outbox } from './outbox.ts';
import { createSubscription, type Subscription } from './subscription.ts';
import { beginningOf } from './where.ts';

export interface SubscriptionsDeps {
	identity(): Identity;
	clientId: string;
	outbox: Outbox;
	hub: Hub;
	terminals: Terminals;
	/** Throws `SESSION_NOT_FOUND` for absent and foreign alike. */
	session(actor: Actor, sessionId: string): Promise<SessionDetail>;
	events(
		actor: Actor,
		sessionId: string,
		afterSeq: number,
		limit: number
	): Promise<{ items: LogEvent[]; hasMore: boolean }>;
	input(actor: Actor, sessionId: string, data: Uint8Array): Promise<{ bytes: number }>;
	/** Throws `RUNNER_NOT_FOUND` for absent and foreign alike. */
	runner(actor: Actor, runnerId: string): Promise<RunnerView>;
	/** The number and id of the event that asked each question. */
	askedIn(
		sessionId: string,
		approvalIds: string[]
	): Promise<ReadonlyMap<string, { seq: number; id: number }>>;
	log: { error(fields: object, message: string): void };
}

export interface Subscriptions {
	readonly size: number;
	/** Whether a subscription to the same is there already. */
	knows(message: Subscribe | SubscribeSession): boolean;
	subscribe(message: Subscribe | SubscribeSession): Promise<void>;
	unsubscribe(message: Unsubscribe | UnsubscribeSession): void;
	/** Throws `FORBIDDEN` and what `input` throws. */
	terminal(message: Terminal | TerminalInput): Promise<void>;
	relieved(): void;
	/** Rights may have changed: what may no longer be seen ends. */
	recheck(): void;
	clear(): void;
}

export function createSubscriptions(
	deps: SubscriptionsDeps & {
		refuse(
			code: ErrorCode | ClientErrorCode,
			message: string,
			messageId?: string,
			details?: Record<string, unknown>
		): void;
	}
): Subscriptions {
	const { outbox, hub, terminals } = deps;
	const sessions = new Map<string, Subscription>();
	const runners = new Map<string, { orgId: string; stop(): void }>();
	/** Sessions in which this client counts with a size. */
	const sized = new Set<string>();
	/** Grows when everything ends, so that what was under way begins nothing any more. */
	let life = 0;

	/** A session token opens one session; whatever else it names is not there. */
	const granted = (sessionId: string) => {
		const { grant } = deps.identity();
		return grant === null || grant.sessionId === sessionId;
	};
	const fullIn = (orgId: string) => {
		const { actor, grant } = deps.identity();
		return grant === null && may(actor, orgId, 'approval.details');
	};
	const echo = (messageId: string | undefined) => (messageId === undefined ? {} : { messageId });

	async function subscribe(message: Subscribe | SubscribeSession): Promise<void> {
		const { sessionId } = message;
		const runnerId = message.type === 'subscribe' ? message.runnerId : undefined;
		// Both are looked at before either is followed, so that a refusal changes nothing.
		const { actor, grant } = deps.identity();
		const session = sessionId === undefined ? null : await deps.session(actor, sessionId);
		if (session && !granted(session.id)) throw missing('SESSION_NOT_FOUND');
		const runner = runnerId === undefined ? null : await deps.runner(actor, runnerId);
		if (runner && grant) throw missing('RUNNER_NOT_FOUND');
		if (session) await followSession(session, message);
		if (runner) await followRunner(runner, message.messageId);
	}

	async function followSession(
		{ id: sessionId, orgId }: SessionDetail,
		message: Subscribe | SubscribeSession
	): Promise<void> {
		const { type: dialect, messageId } = message;
		const mine = life;
		const known = sessions.get(sessionId);
		const goOn = message.fromSeq === undefined && message.fromOffset === undefined;
		const { actor } = deps.identity();
		const events = (after: number, limit: number) =>
			deps.events(deps.identity().actor, sessionId, after, limit);
		// Before the session is read: what is committed after that comes through the log.
		let target: Subscription | null = null;
		const stop = await hub.listen(orgId, `session:${sessionId}`, {
			event: (event) => target?.event(event),
			missed: () => target?.missed()
		});
		const releases: (() => void)[] = [stop];
		const release = () => {
			for (const each of releases.splice(0)) each();
		};
		try {
			const session = await deps.session(actor, sessionId);
			const at = await beginningOf(session, message, { terminals, events });
			const subscribed = () =>
				outbox.send(
					eventText({
						event: 'subscribed',
						data: {
							sessionId,
							state: session.state,
							seq: session.eventSeq,
							offset: session.terminal.nextOffset
						},
						...echo(messageId)
					})
				);
			if (known && goOn) {
				// Only the words change: what this connection was sent already is not sent again.
				known.dialect = dialect;
				release();
				return subscribed();
			}
			const live = at.fromOffset === null ? null : await hub.channel(sessionId);
			if (live) releases.push(live.release);
			const pending = goOn || message.fromSeq === undefined ? session.pendingApprovals : [];
			const asked = await deps.askedIn(
				sessionId,
				pending.map((approval) => approval.id)
			);
			if (life !== mine) return release();
			known?.stop();
			subscribed();
			if (at.gap)
				deps.refuse('REPLAY_GAP', 'Some of it is no longer kept.', messageId, {
					sessionId,
					...at.gap
				});
			if (at.expired)
				deps.refuse(
					'SESSION_DATA_EXPIRED',
					'The output of this session is no longer kept.',
					messageId
				);
			const full = fullIn(orgId);
			for (const approval of pending) {
				const event = asked.get(approval.id);
				if (!event || event.seq > at.afterSeq) continue;
				const about = { seq: event.seq, id: String(event.id), timestamp: approval.requestedAt };
				outbox.send(JSON.stringify(approvalFrame(sessionId, approval, about, dialect, full)));
			}
			target = createSubscription(
				{
					session,
					dialect,
					full,
					afterSeq: at.afterSeq,
					terminal: live && { channel: live.channel, from: at.fromOffset! }
				},
				{
					outbox,
					terminals,
					events,
					release,
					failed(error) {
						if (sessions.get(sessionId) !== target) return;
						if (!isAppError(error))
							deps.log.error({ err: error, sessionId }, 'a session is no longer followed');
						drop(sessionId, isAppError(error) ? 'access_ended' : 'failed');
					}
				}
			);
			sessions.set(sessionId, target);
		} catch (error) {
			release();
			throw error;
		}
	}

	async function followRunner(runner: RunnerView, messageId: string | undefined): Promise<void> {
		const { id: runnerId, orgId } = runner;
		const mine = life;
		const tell = ({ status, load }: Pick<RunnerView, 'status' | 'load'>) =>
			outbox.send(eventText({ event: 'runner_status', data: { runnerId, status, load } }));
		if (!runners.has(runnerId)) {
			const stop = await hub.listen(orgId, `runner:${runnerId}`, {
				event(event) {
					tell(event.data.runner as RunnerView);
					if (event.type === 'runner.deregistered') dropRunner(runnerId, 'removed');
				},
				missed() {}
			});
			if (life !== mine) return stop();
			runners.set(runnerId, { orgId, stop });
		}
		outbox.send(eventText({ event: 'subscribed', data: { runnerId }, ...echo(messageId) }));
		tell(runner);
	}

	/** Ends a subscription without being asked. */
	function drop(sessionId: string, reason: string): void {
		end(sessionId);
		outbox.send(eventText({ event: 'unsubscribed', data: { sessionId, reason } }));
	}

	function dropRunner(runnerId: string, reason: string): void {
		runners.get(runnerId)?.stop();
		runners.delete(runnerId);
		outbox.send(eventText({ event: 'unsubscribed', data: { runnerId, reason } }));
	}

	function end(sessionId: string): void {
		sessions.get(sessionId)?.stop();
		sessions.delete(sessionId);
		if (sized.delete(sessionId))
			void terminals.setClientSize(sessionId, deps.clientId, null).catch(() => {});
	}

	async function terminal(message: Terminal | TerminalInput): Promise<void> {
		const { sessionId, messageId } = message;
		const subscription = sessions.get(sessionId);
		if (!subscription) return deps.refuse('NOT_SUBSCRIBED', 'Subscribe to it first.', messageId);
		const { actor, grant } = deps.identity();
		if (!(grant?.write ?? true) || !may(actor, subscription.orgId, 'terminal.write'))
			throw new AppError('FORBIDDEN', 'You may look at this session, not type in it.');
		if (message.type === 'terminal' && message.action === 'resize') {
			const { state } = await deps.session(actor, sessionId);
			if (isTerminal(state)) throw new AppError('INVALID_STATE', 'The session has ended.');
			await terminals.setClientSize(sessionId, deps.clientId, message.data);
			// It may have been unsubscribed while it was looked up.
			if (sessions.has(sessionId)) sized.add(sessionId);
			else await terminals.setClientSize(sessionId, deps.clientId, null);
			return;
		}
		const { bytes } = await deps.input(actor, sessionId, Buffer.from(message.data, 'utf8'));
		if (messageId !== undefined)
			outbox.send(
				eventText({ event: 'input_accepted', data: { sessionId, bytes }, ...echo(messageId) })
			);
	}

	return {
		get size() {
			return sessions.size + runners.size;
		},
		knows(message) {
			const { sessionId } = message;
			const runnerId = message.type === 'subscribe' ? message.runnerId : undefined;
			return (
				(sessionId === undefined || sessions.has(sessionId)) &&
				(runnerId === undefined || runners.has(runnerId))
			);
		},
		subscribe,
		unsubscribe(message) {
			const { sessionId } = message;
			const runnerId = message.type === 'unsubscribe' ? message.runnerId : undefined;
			if (sessionId !== undefined) end(sessionId);
			if (runnerId !== undefined) {
				runners.get(runnerId)?.stop();
				runners.delete(runnerId);
			}
			outbox.send(
				eventText({
					event: 'unsubscribed',
					data: {
						...(sessionId === undefined ? {} : { sessionId }),
						...(runnerId === undefined ? {} : { runnerId })
					},
					...echo(message.messageId)
				})
			);
		},
		terminal,
		relieved() {
			for (const subscription of sessions.values()) subscription.relieved();
		},
		recheck() {
			const { actor } = deps.identity();
			for (const subscription of [...sessions.values()]) {
				if (may(actor, subscription.orgId, 'session.read') && granted(subscription.sessionId))
					subscription.full = fullIn(subscription.orgId);
				else drop(subscription.sessionId, 'access_ended');
			}
			for (const [runnerId, { orgId }] of [...runners])
				if (!may(actor, orgId, 'runner.read')) dropRunner(runnerId, 'access_ended');
		},
		clear() {
			life++;
			for (const sessionId of [...sessions.keys()]) end(sessionId);
			for (const { stop } of runners.values()) stop();
			runners.clear();
		}
	};
}
