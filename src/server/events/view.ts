import type { FeedEvent } from '#domain/views.ts';
import type { StoredEvent } from './log.ts';

/** An event as clients get it. */
export function eventView(event: Omit<StoredEvent, 'orgId'>): FeedEvent {
	return {
		id: event.id,
		type: event.type,
		stream: event.stream,
		seq: event.seq,
		villageId: event.villageId,
		houseId: event.houseId,
		agentId: event.agentId,
		sessionId: event.sessionId,
		actor: event.actor,
		at: event.at.toISOString(),
		data: event.data
	};
}
