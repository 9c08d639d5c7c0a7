// The append-only log of everything that happened; order and feed are explained in docs/architecture.md.
import { bigint, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at } from './columns.ts';

export const events = pgTable(
	'events',
	{
		/** Global order within an org; ids have holes, so frames also carry the previous id. */
		id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
		orgId: text('org_id').notNull(),
		villageId: text('village_id'),
		houseId: text('house_id'),
		agentId: text('agent_id'),
		sessionId: text('session_id'),
		stream: text('stream').notNull(),
		seq: bigint('seq', { mode: 'number' }).notNull(),
		type: text('type').notNull(),
		data: jsonb('data').$type<Record<string, unknown>>().notNull(),
		actor: text('actor').notNull(),
		requestId: text('request_id'),
		at: at('at').notNull()
	},
	(t) => [
		index('events_org').on(t.orgId, t.id),
		index('events_village').on(t.villageId, t.id),
		index('events_session').on(t.sessionId, t.id),
		uniqueIndex('events_stream_seq').on(t.stream, t.seq)
	]
);

/** The last number given out on each stream: `session:<id>`, `village:<id>`, `org:<id>`. */
export const streams = pgTable('streams', {
	stream: text('stream').primaryKey(),
	orgId: text('org_id').notNull(),
	seq: bigint('seq', { mode: 'number' }).notNull()
});
