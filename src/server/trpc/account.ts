// One's own account: profile, password, logins.
import { z } from 'zod';
import { json } from '#protocol/json.ts';
import { can, RIGHTS, type Right } from '#domain/permissions.ts';
import { packageVersion } from '#server/package-root.ts';
import { authedProcedure, idempotent, router, zIdempotencyKey, zText } from './trpc.ts';

const zKey = { idempotencyKey: zIdempotencyKey };
const zPassword = z.string().max(400);

export const accountRouter = router({
	/** What every page needs to know of whoever looks at it. */
	me: authedProcedure.query(async ({ ctx }) => {
		const { actor, app } = ctx;
		const [profile, orgs] = await Promise.all([app.account.profile(actor), app.orgs.list(actor)]);
		return {
			user: { id: profile.id, name: profile.name, email: profile.email, isAdmin: profile.isAdmin },
			orgs: orgs.flatMap((org) => {
				const grants = actor.memberships.get(org.id);
				if (!grants) return [];
				return {
					id: org.id,
					name: org.name,
					role: grants.role,
					approve: grants.approve,
					rights: grants
						? (Object.keys(RIGHTS) as Right[]).filter((right) => can(grants, right))
						: []
				};
			}),
			version: packageVersion()
		};
	}),
	profile: authedProcedure.query(({ ctx }) => ctx.app.account.profile(ctx.actor)),
	update: authedProcedure
		.input(
			z.strictObject({
				name: zText(80, 1)
					.transform((name) => name.trim())
					.optional(),
				email: z.email().max(254).optional(),
				/** Merged key by key. */
				preferences: z
					.record(zText(60), json())
					.refine((map) => Object.keys(map).length <= 200, 'At most 200 entries.')
					.optional(),
				...zKey
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input: { name, email, preferences } }) =>
			ctx.app.account.update(ctx.actor, {
				...(name === undefined ? {} : { name }),
				...(email === undefined ? {} : { email }),
				...(preferences === undefined ? {} : { preferences })
			})
		),
	setPassword: authedProcedure
		.input(z.strictObject({ current: zPassword.nullable(), next: zPassword, ...zKey }))
		.mutation(async ({ ctx, input }) => {
			await ctx.app.account.setPassword(ctx.actor, input);
			return { ok: true as const };
		}),
	logins: authedProcedure.query(({ ctx }) => ctx.app.account.logins(ctx.actor)),
	endLogin: authedProcedure
		.input(z.strictObject({ loginId: z.string().regex(/^[0-9a-f]{64}$/), ...zKey }))
		.use(idempotent)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.account.endLogin(ctx.actor, input.loginId);
			return { ok: true as const };
		}),
	signOutEverywhere: authedProcedure
		.input(z.strictObject(zKey).optional())
		.use(idempotent)
		.mutation(async ({ ctx }) => ({ ended: await ctx.app.account.signOutEverywhere(ctx.actor) }))
});
