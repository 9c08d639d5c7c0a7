import { z } from 'zod';
import { APPROVAL_STATUSES } from '#domain/approval.ts';
import { authedProcedure, router, zId, zIdempotencyKey, zPage, zText } from './trpc.ts';

export const approvalsRouter = router({
	list: authedProcedure
		.input(
			z.strictObject({
				orgId: zId,
				sessionId: zId.optional(),
				status: z.array(z.enum(APPROVAL_STATUSES)).max(6).optional(),
				...zPage
			})
		)
		.query(({ ctx, input: { page, pageSize, ...filter } }) =>
			ctx.app.approvals.list(ctx.actor, filter, { page, pageSize })
		),
	get: authedProcedure
		.input(z.strictObject({ approvalId: zId }))
		.query(({ ctx, input }) => ctx.app.approvals.get(ctx.actor, input.approvalId)),
	resolve: authedProcedure
		.input(
			z.strictObject({
				sessionId: zId,
				approvalId: zId,
				generation: z.number().int().min(1).optional(),
				decision: z.enum(['allow', 'deny']),
				optionId: zText(100).optional(),
				reason: zText(2000).optional(),
				idempotencyKey: zIdempotencyKey
			})
		)
		.mutation(({ ctx, input }) =>
			ctx.app.idempotency
				.once(ctx.actor, 'approvals.resolve', input, () => {
					const { idempotencyKey: _key, ...rest } = input;
					return ctx.app.approvals.resolve(ctx.actor, rest);
				})
				.then((answer) => answer.value)
		)
});
