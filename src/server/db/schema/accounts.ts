// People, their logins and tokens, orgs and memberships.
import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	index,
	jsonb,
	pgTable,
	primaryKey,
	text,
	uniqueIndex
} from 'drizzle-orm/pg-core';
import type { Role, Scope } from '#domain/permissions.ts';
import type { OrgLimits } from '#domain/limits.ts';
import { at } from './columns.ts';

export const users = pgTable(
	'users',
	{
		id: text('id').primaryKey(),
		email: text('email'),
		name: text('name').notNull(),
		passwordHash: text('password_hash'),
		isAdmin: boolean('is_admin').notNull().default(false),
		/** A service user is made by `village token create` before an owner exists; it never signs in. */
		isService: boolean('is_service').notNull().default(false),
		disabledAt: at('disabled_at'),
		preferences: jsonb('preferences').$type<Record<string, unknown>>().notNull().default({}),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [uniqueIndex('users_email').on(sql`lower(${t.email})`)]
);

/** Lucia's session table. `id` is the SHA-256 of the cookie's random token, so a leaked table opens no door. */
export const logins = pgTable(
	'logins',
	{
		id: text('id').primaryKey(),
		userId: text('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		expiresAt: at('expires_at').notNull(),
		ip: text('ip'),
		agent: text('agent'),
		createdAt: at('created_at').notNull().defaultNow()
	},
	(t) => [index('logins_user').on(t.userId)]
);

/** One-time codes: sign-in links, invitations, the link that makes the first owner. Only hashes are kept. */
export const linkCodes = pgTable(
	'link_codes',
	{
		id: text('id').primaryKey(),
		kind: text('kind').$type<'setup' | 'sign_in' | 'invitation'>().notNull(),
		secretHash: text('secret_hash').notNull(),
		userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
		orgId: text('org_id').references(() => orgs.id, { onDelete: 'cascade' }),
		role: text('role').$type<Role>(),
		email: text('email'),
		createdBy: text('created_by'),
		expiresAt: at('expires_at').notNull(),
		usedAt: at('used_at'),
		createdAt: at('created_at').notNull().defaultNow()
	},
	(t) => [
		uniqueIndex('link_codes_secret').on(t.secretHash),
		check('link_codes_kind', sql`${t.kind} in ('setup','sign_in','invitation')`)
	]
);

export const orgs = pgTable('orgs', {
	id: text('id').primaryKey(),
	name: text('name').notNull(),
	limits: jsonb('limits').$type<Partial<OrgLimits>>().notNull().default({}),
	createdAt: at('created_at').notNull().defaultNow(),
	updatedAt: at('updated_at').notNull().defaultNow()
});

export const memberships = pgTable(
	'memberships',
	{
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		userId: text('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		role: text('role').$type<Role>().notNull(),
		/** null: as the role has it; true or false: given or taken by an owner. */
		approve: boolean('approve'),
		createdAt: at('created_at').notNull().defaultNow(),
		updatedAt: at('updated_at').notNull().defaultNow()
	},
	(t) => [
		primaryKey({ columns: [t.orgId, t.userId] }),
		index('memberships_user').on(t.userId),
		check('memberships_role', sql`${t.role} in ('owner','operator','viewer')`)
	]
);

export const apiTokens = pgTable(
	'api_tokens',
	{
		id: text('id').primaryKey(),
		userId: text('user_id')
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		orgId: text('org_id').references(() => orgs.id, { onDelete: 'cascade' }),
		name: text('name').notNull(),
		secretHash: text('secret_hash').notNull(),
		maxRole: text('max_role').$type<Role>().notNull(),
		scopes: jsonb('scopes').$type<Scope[]>(),
		expiresAt: at('expires_at'),
		revokedAt: at('revoked_at'),
		lastUsedAt: at('last_used_at'),
		createdAt: at('created_at').notNull().defaultNow()
	},
	(t) => [uniqueIndex('api_tokens_secret').on(t.secretHash), index('api_tokens_user').on(t.userId)]
);

export const auditLog = pgTable(
	'audit_log',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id'),
		/** Contiguous per org from 1; the chain follows it. */
		seq: bigint('seq', { mode: 'number' }).notNull(),
		actorKind: text('actor_kind').notNull(),
		actorId: text('actor_id').notNull(),
		action: text('action').notNull(),
		targetKind: text('target_kind').notNull(),
		targetId: text('target_id').notNull(),
		detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
		transport: text('transport').notNull(),
		ip: text('ip'),
		requestId: text('request_id'),
		at: at('at').notNull(),
		prevHash: text('prev_hash').notNull(),
		hash: text('hash').notNull()
	},
	(t) => [uniqueIndex('audit_org_seq').on(t.orgId, t.seq)]
);

export const idempotencyKeys = pgTable(
	'idempotency_keys',
	{
		scope: text('scope').notNull(),
		key: text('key').notNull(),
		bodyHash: text('body_hash').notNull(),
		response: jsonb('response'),
		expiresAt: at('expires_at').notNull()
	},
	(t) => [primaryKey({ columns: [t.scope, t.key] })]
);

export const settings = pgTable('settings', {
	key: text('key').primaryKey(),
	value: jsonb('value').notNull(),
	updatedAt: at('updated_at').notNull().defaultNow()
});
