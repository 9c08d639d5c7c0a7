// What happened in a house: its sessions and their questions, from the event log.
import { and, desc, eq, gt, inArray } from 'drizzle-orm';
import type { FeedEvent } from '#domain/views.ts';
import { dataWithoutDetails } from '#server/approvals/store.ts';
import { demand, may, missing, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import { events } from '#server/db/schema/events.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import type { Database } from '#server/db/open.ts';
import { eventView } from '#server/events/view.ts';
import { findHouse } from './store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Events told of one house at a time; older ones stand in the sessions themselves. */
const LIMIT = 100;
const TOLD = ['session.created', 'session.ended', 'approval.requested', 'approval.resolved'];

/**
 * The last day of a house, newest first. Viewers are told that something was asked, not its command or diff.
 * Throws `HOUSE_NOT_FOUND` for absent houses and those of other orgs alike.
 */
export async function houseActivity(
	deps: { database: Database; clock: Clock },
	actor: Actor,
	houseId: string
): Promise<FeedEvent[]> {
	const { db } = deps.database;
	const house = await findHouse(db, houseId);
	if (!house) throw missing('HOUSE_NOT_FOUND');
	demand(actor, house.orgId, 'house.read', 'HOUSE_NOT_FOUND');
	const rows = await db
		.select({ event: events })
		.from(events)
		.innerJoin(sessions, eq(sessions.id, events.sessionId))
		.where(
			and(
				eq(sessions.houseId, houseId),
				eq(events.orgId, house.orgId),
				inArray(events.type, TOLD),
				gt(events.at, new Date(deps.clock.now().getTime() - DAY_MS))
			)
		)
		.orderBy(desc(events.id))
		.limit(LIMIT);
	const full = may(actor, house.orgId, 'approval.details');
	return rows.map(({ event }) => {
		const view = eventView(event);
		return full ? view : { ...view, data: dataWithoutDetails(view.data) };
	});
}
