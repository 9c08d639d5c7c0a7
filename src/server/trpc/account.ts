// One's own account: profile, password, logins.
import { z } from 'zod';
import { authedProcedure, router, zIdempotencyKey, zText } from './trpc.ts';

const zKey = { idempotencyKey: zIdempotencyKey };
const zPassword = z.string().max(400);

export const accountRouter = router({
	profile: authedProcedure.query(({ ctx }) => ctx.app.account.profile(ctx.actor)),
	update: authedProcedure
		.input(
			z.strictObject({
				name: zText(80, 1)
					.transform((name) => name.trim())
					.optional(),
				email: z.email().max(254).optional(),
				/** Merged key by key. */
				preferences: z.record(z.string().max(60), z.json()).optional(),
				...zKey
			})
		)
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
		.mutation(async ({ ctx, input }) => {
			await ctx.app.account.endLogin(ctx.actor, input.loginId);
			return { ok: true as const };
		}),
	signOutEverywhere: authedProcedure
		.input(z.strictObject(zKey).optional())
		.mutation(async ({ ctx }) => ({ ended: await ctx.app.account.signOutEverywhere(ctx.actor) }))
});
