// One connection's view of one session: its numbered frames and its terminal, and in which order they end.
import type { SessionDetail } from '#domain/views.ts';
import type { StoredEvent } from '#server/events/log.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { Channel } from './channel.ts';
import { textOf, type Dialect, type LogEvent } from './frames.ts';
import type { Outbox } from './outbox.ts';
import { createReplay } from './replay.ts';
import { createTextFollower, type TextFollower } from './text-follower.ts';

export interface Subscription {
	readonly sessionId: string;
	readonly orgId: string;
	dialect: Dialect;
	/** Whether details of approvals may be told. */
	full: boolean;
	event(event: StoredEvent): void;
	missed(): void;
	/** The socket can take more. */
	relieved(): void;
	stop(): void;
}

export interface SubscriptionStart {
	session: SessionDetail;
	dialect: Dialect;
	full: boolean;
	/** Number of the last event the client has. */
	afterSeq: number;
	/** The live terminal and the first byte the client wants; null when nothing printed is kept. */
	terminal: { channel: Channel; from: number } | null;
}

export function createSubscription(
	start: SubscriptionStart,
	deps: {
		outbox: Outbox;
		terminals: Pick<Terminals, 'read' | 'extent'>;
		events(afterSeq: number, limit: number): Promise<{ items: LogEvent[]; hasMore: boolean }>;
		failed(error: unknown): void;
		/** Called once when it stops. */
		release(): void;
	}
): Subscription {
	const { outbox, failed } = deps;
	const { id: sessionId, orgId } = start.session;
	/** The end of the session, told when all it printed was told. */
	let end: { event: LogEvent; offset: number } | null = null;
	let stopped = false;
	let text: TextFollower | null = null;

	const send = (event: LogEvent) =>
		outbox.send(textOf(sessionId, event, subscription.dialect, subscription.full));

	const replay = createReplay({
		after: start.afterSeq,
		read: deps.events,
		outbox,
		failed,
		give(event) {
			if (event.type !== 'session.ended') {
				send(event);
				return true;
			}
			finish(event).catch(failed);
			return false;
		}
	});

	/** Everything the session printed is there before its end is committed. */
	async function finish(event: LogEvent): Promise<void> {
		const extent = text && (await deps.terminals.extent(sessionId).catch(() => null));
		end = { event, offset: extent?.nextOffset ?? 0 };
		settle();
	}

	function settle(): void {
		if (!end || stopped || (text && text.next < end.offset)) return;
		const { event } = end;
		end = null;
		text?.stop();
		send(event);
	}

	const subscription: Subscription = {
		sessionId,
		orgId,
		dialect: start.dialect,
		full: start.full,
		event: (event) => replay.event(event),
		missed: () => replay.catchUp(),
		relieved: () => text?.pump(),
		stop() {
			if (stopped) return;
			stopped = true;
			replay.stop();
			text?.stop();
			deps.release();
		}
	};

	if (start.terminal)
		text = createTextFollower({
			...start.terminal,
			sessionId,
			terminals: deps.terminals,
			outbox,
			moved: settle,
			expired() {
				text?.stop();
				text = null;
				settle();
			},
			failed
		});
	text?.pump();
	replay.catchUp();
	return subscription;
}
