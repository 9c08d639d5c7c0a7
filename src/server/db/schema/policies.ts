// Who answers before people are asked: rules and time-boxed bypasses (control-plane.md 5).
import { boolean, check, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { ApprovalAction, Risk } from '#protocol/approval-words.ts';
import type { RuleDecision, RuleScope } from '#domain/approval-rules.ts';
import { orgs } from './accounts.ts';
import { at } from './columns.ts';

export const approvalRules = pgTable(
	'approval_rules',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		scope: text('scope').$type<RuleScope>().notNull(),
		scopeId: text('scope_id').notNull(),
		action: text('action').$type<ApprovalAction | '*'>().notNull(),
		toolPattern: text('tool_pattern'),
		commandPattern: text('command_pattern'),
		pathPattern: text('path_pattern'),
		maxRisk: text('max_risk').$type<Risk>(),
		decision: text('decision').$type<RuleDecision>().notNull(),
		locked: boolean('locked').notNull().default(false),
		expiresAt: at('expires_at'),
		/** How often it has answered. */
		uses: integer('uses').notNull().default(0),
		createdBy: text('created_by').notNull(),
		createdByName: text('created_by_name').notNull(),
		createdAt: at('created_at').notNull()
	},
	(t) => [
		index('approval_rules_scope').on(t.orgId, t.scope, t.scopeId),
		check('approval_rules_locked', sql`not ${t.locked} or ${t.scope} = 'org'`)
	]
);

export const approvalBypasses = pgTable(
	'approval_bypasses',
	{
		id: text('id').primaryKey(),
		orgId: text('org_id')
			.notNull()
			.references(() => orgs.id, { onDelete: 'cascade' }),
		scope: text('scope').$type<'session' | 'house'>().notNull(),
		scopeId: text('scope_id').notNull(),
		reason: text('reason').notNull(),
		until: at('until').notNull(),
		/** How many questions it has answered. */
		uses: integer('uses').notNull().default(0),
		createdBy: text('created_by').notNull(),
		createdByName: text('created_by_name').notNull(),
		createdAt: at('created_at').notNull(),
		endedAt: at('ended_at')
	},
	(t) => [index('approval_bypasses_scope').on(t.orgId, t.scope, t.scopeId)]
);
