// Machines that run sessions, and what is still to be told to them.
import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { ProviderReport, RunnerLoad } from '#domain/runner.ts';
import { orgs } from './accounts.ts';
import { at } from './columns.ts';

export const runners = pgTable(
	'runners',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		hostname: text('hostname').notNull(),
		label: text('label'),
		os: text('os').notNull(),
		arch: text('arch').notNull(),
		credentialHash: text('credential_hash').notNull(),
		prevCredentialHash: text('prev_credential_hash'),
		prevValidUntil: at('prev_valid_until'),
		capacity: integer('capacity').notNull().default(5),
		features: jsonb('features').$type<string[]>().notNull().default([]),
		providers: jsonb('providers').$type<ProviderReport[]>().notNull().default([]),
		allowLocal: jsonb('allow_local').$type<string[]>().notNull().default([]),
		metadata: jsonb('metadata').$type<Record<string, string>>().notNull().default({}),
		runtimeVersions: jsonb('runtime_versions')
			.$type<Record<string, string>>()
			.notNull()
			.default({}),
		load: jsonb('load').$type<RunnerLoad | null>(),
		mode: text('mode').$type<'active' | 'draining' | 'maintenance'>().notNull().default('active'),
		connected: boolean('connected').notNull().default(false),
		connectedAt: at('connected_at'),
		lastSeenAt: at('last_seen_at'),
		lastAssignedAt: at('last_assigned_at'),
		clockSkewMs: integer('clock_skew_ms'),
		recvBootId: text('recv_boot_id'),
		recvSeq: bigint('recv_seq', { mode: 'number' }).notNull().default(0),
		outSeq: bigint('out_seq', { mode: 'number' }).notNull().default(0),
		runnerVersion: text('runner_version').notNull().default(''),
		drainDeadline: at('drain_deadline'),
		/** The runner started by `village up` on this machine. */
		local: boolean('local').notNull().default(false),
		deletedAt: at('deleted_at'),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [
		index('runners_org').on(t.orgId),
		check('runners_mode', sql`${t.mode} in ('active','draining','maintenance')`)
	]
);

export const runnerJoinTokens = pgTable(
	'runner_join_tokens',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		secretHash: text('secret_hash').notNull(),
		label: text('label'),
		expiresAt: at('expires_at').notNull(),
		usedAt: at('used_at'),
		usedByRunner: text('used_by_runner'),
		createdBy: text('created_by').notNull(),
		createdAt: at('created_at').notNull().defaultNow()
	},
	(t) => [uniqueIndex('runner_join_tokens_secret').on(t.secretHash)]
);

export const runnerOutbox = pgTable(
	'runner_outbox',
	{
		runnerId: text('runner_id')
			.notNull()
			.references(() => runners.id, { onDelete: 'cascade' }),
		seq: bigint('seq', { mode: 'number' }).notNull(),
		frame: jsonb('frame').$type<Record<string, unknown>>().notNull(),
		createdAt: at('created_at').notNull().defaultNow()
	},
	(t) => [primaryKey({ columns: [t.runnerId, t.seq] })]
);
