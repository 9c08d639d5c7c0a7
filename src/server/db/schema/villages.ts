// The map: villages, houses (repositories), agents (lasting identities).
import { sql } from 'drizzle-orm';
import {
	boolean,
	check,
	index,
	integer,
	jsonb,
	pgTable,
	real,
	text,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { HouseReadiness } from '#domain/village.ts';
import type { AgentState } from '#domain/mood.ts';
import type { ProviderId } from '#domain/provider.ts';
import { orgs } from './accounts.ts';
import { at } from './columns.ts';

export const villages = pgTable(
	'villages',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		visibility: text('visibility').$type<'private' | 'public'>().notNull().default('private'),
		seed: text('seed').notNull(),
		layoutVersion: integer('layout_version').notNull().default(1),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [
		index('villages_org').on(t.orgId),
		check('villages_visibility', sql`${t.visibility} in ('private','public')`)
	]
);

export const houses = pgTable(
	'houses',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id').notNull(),
		villageId: text('village_id')
			.notNull()
			.references(() => villages.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		source: text('source').$type<'github' | 'git_url' | 'local'>().notNull(),
		/** Clone address for `github` and `git_url`. */
		url: text('url'),
		/** For `local`: the folder, and the runner on which it lies. */
		localPath: text('local_path'),
		runnerId: text('runner_id'),
		defaultBranch: text('default_branch').notNull().default('main'),
		/** Somebody chose the branch; else it becomes the one the repository names. */
		branchGiven: boolean('branch_given').notNull().default(true),
		language: text('language'),
		files: integer('files'),
		/** Whether a runner has looked at it: `unknown` nobody yet, `ready` it can be worked in. */
		readiness: text('readiness').$type<HouseReadiness>().notNull().default('unknown'),
		/** Why not, in the words of the runner that failed. */
		readinessNote: text('readiness_note'),
		/** The runner that looks, or looked last. */
		checkedBy: text('checked_by'),
		x: real('x'),
		y: real('y'),
		demo: boolean('demo').notNull().default(false),
		createdBy: text('created_by'),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [
		index('houses_village').on(t.villageId),
		uniqueIndex('houses_source').on(
			t.villageId,
			t.source,
			sql`coalesce(${t.url}, '')`,
			sql`coalesce(${t.localPath}, '')`,
			sql`coalesce(${t.runnerId}, '')`
		),
		check('houses_source_check', sql`${t.source} in ('github','git_url','local')`),
		check('houses_readiness', sql`${t.readiness} in ('unknown','checking','ready','failed')`)
	]
);

export const agents = pgTable(
	'agents',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id').notNull(),
		villageId: text('village_id')
			.notNull()
			.references(() => villages.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		houseId: text('house_id').references(() => houses.id, { onDelete: 'set null' }),
		defaultProvider: text('default_provider').$type<ProviderId>().notNull(),
		sprite: jsonb('sprite').$type<Record<string, unknown>>().notNull().default({}),
		state: text('state').$type<AgentState>().notNull().default('idle'),
		stateSince: at('state_since').notNull().defaultNow(),
		energy: real('energy').notNull().default(100),
		frustration: real('frustration').notNull().default(0),
		streak: integer('streak').notNull().default(0),
		errorStreak: integer('error_streak').notNull().default(0),
		lastWork: jsonb('last_work').$type<{ kind: string; atMs: number; text?: string } | null>(),
		lastEnd: jsonb('last_end').$type<{ state: string; atMs: number } | null>(),
		demo: boolean('demo').notNull().default(false),
		deletedAt: at('deleted_at'),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [index('agents_village').on(t.villageId), index('agents_org').on(t.orgId)]
);
