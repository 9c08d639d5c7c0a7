// One's own API tokens.
import { z } from 'zod';
import { ALL_SCOPES, ROLES } from '#domain/permissions.ts';
import { AppError } from '#server/errors.ts';
import { authedProcedure, router, zId, zIdempotencyKey, zText } from './trpc.ts';

export const tokensRouter = router({
	list: authedProcedure.query(({ ctx }) => ctx.app.account.tokens(ctx.actor)),
	/** The answer carries `secret`, this once. A replayed key is refused rather than keeping a secret. */
	create: authedProcedure
		.input(
			z.strictObject({
				name: zText(80, 1).transform((name) => name.trim()),
				maxRole: z.enum(ROLES),
				orgId: zId.optional(),
				scopes: z.array(z.enum(ALL_SCOPES)).min(1).max(ALL_SCOPES.length).optional(),
				expiresAt: z.iso.datetime({ offset: true }).optional(),
				idempotencyKey: zIdempotencyKey
			})
		)
		.mutation(({ ctx, input, path }) => {
			const { name, maxRole, orgId, scopes, expiresAt } = input;
			const { actor, app } = ctx;
			const expires = expiresAt === undefined ? null : new Date(expiresAt);
			if (expires && expires <= app.clock.now())
				throw new AppError('VALIDATION_ERROR', 'The token would have expired already.');
			return app.idempotency.onceSecret(actor, path, input, () =>
				app.account.createToken(actor, {
					name,
					maxRole,
					orgId: orgId ?? null,
					scopes: scopes ? [...new Set(scopes)] : null,
					expiresAt: expires
				})
			);
		}),
	revoke: authedProcedure
		.input(z.strictObject({ tokenId: zId, idempotencyKey: zIdempotencyKey }))
		.mutation(async ({ ctx, input, path }) => {
			const { actor, app } = ctx;
			await app.idempotency.once(actor, path, input, async () => {
				await app.account.revokeToken(actor, input.tokenId);
				return null;
			});
			return { ok: true as const };
		})
});
