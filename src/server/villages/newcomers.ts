// The newcomers' checklist: per person, each step notices by itself that it was done.
import { and, eq, sql } from 'drizzle-orm';
import type { Checklist } from '#domain/views.ts';
import type { Actor } from '#server/auth/actor.ts';
import { users } from '#server/db/schema/accounts.ts';
import { runners } from '#server/db/schema/runners.ts';
import { approvals, sessions } from '#server/db/schema/sessions.ts';
import { houses } from '#server/db/schema/villages.ts';
import type { Database, Db, Tx } from '#server/db/open.ts';

type Step = Checklist['steps'][number]['id'];
export const CHECKLIST_STEPS: readonly Step[] = [
	'look_around',
	'open_terminal',
	'approve',
	'start_agent',
	'add_house',
	'second_machine'
];

export interface Newcomers {
	checklist(db: Db | Tx, actor: Actor, orgId: string): Promise<Checklist>;
	/** Notes a step only the page can see (looking around, opening a terminal). */
	done(actor: Actor, step: Step): Promise<void>;
	dismiss(actor: Actor, dismissed: boolean): Promise<void>;
}

interface Kept {
	dismissed?: boolean;
	steps?: Step[];
}

export function createNewcomers(deps: { database: Database }): Newcomers {
	const keptOf = async (db: Db | Tx, userId: string): Promise<Kept> => {
		const [row] = await db
			.select({ preferences: users.preferences })
			.from(users)
			.where(eq(users.id, userId));
		return (row?.preferences.checklist as Kept | undefined) ?? {};
	};
	const keep = (userId: string, change: (kept: Kept) => Kept) =>
		deps.database.db.transaction(async (tx) => {
			await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
			const next = change(await keptOf(tx, userId));
			await tx
				.update(users)
				.set({
					preferences: sql`${users.preferences} || jsonb_build_object('checklist', ${JSON.stringify(next)}::jsonb)`
				})
				.where(eq(users.id, userId));
		});

	return {
		async checklist(db, actor, orgId) {
			const kept = await keptOf(db, actor.id);
			const found = new Set<Step>(kept.steps ?? []);
			const any = async (query: Promise<{ one: number }[]>) => (await query).length > 0;
			const one = { one: sql<number>`1` };
			if (
				await any(
					db
						.select(one)
						.from(approvals)
						.where(and(eq(approvals.orgId, orgId), eq(approvals.resolvedBy, actor.id)))
						.limit(1)
				)
			)
				found.add('approve');
			if (
				await any(
					db
						.select(one)
						.from(sessions)
						.where(
							and(
								eq(sessions.orgId, orgId),
								eq(sessions.createdBy, actor.id),
								eq(sessions.demo, false)
							)
						)
						.limit(1)
				)
			)
				found.add('start_agent');
			if (
				await any(
					db
						.select(one)
						.from(houses)
						.where(and(eq(houses.orgId, orgId), eq(houses.demo, false)))
						.limit(1)
				)
			)
				found.add('add_house');
			if (
				await any(
					db
						.select(one)
						.from(runners)
						.where(and(eq(runners.orgId, orgId), eq(runners.local, false)))
						.limit(1)
				)
			)
				found.add('second_machine');
			return {
				dismissed: kept.dismissed ?? false,
				steps: CHECKLIST_STEPS.map((id) => ({ id, done: found.has(id) }))
			};
		},
		done: (actor, step) =>
			keep(actor.id, (kept) => ({ ...kept, steps: [...new Set([...(kept.steps ?? []), step])] })),
		dismiss: (actor, dismissed) => keep(actor.id, (kept) => ({ ...kept, dismissed }))
	};
}
