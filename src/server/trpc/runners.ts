import { z } from 'zod';
import { authedProcedure, idempotent, router, zId, zIdempotencyKey, zText } from './trpc.ts';

const zRunner = { runnerId: zId, idempotencyKey: zIdempotencyKey };

export const runnersRouter = router({
	list: authedProcedure
		.input(z.strictObject({ orgId: zId }))
		.query(({ ctx, input }) => ctx.app.runners.list(ctx.actor, input.orgId)),
	get: authedProcedure
		.input(z.strictObject({ runnerId: zId }))
		.query(({ ctx, input }) => ctx.app.runners.get(ctx.actor, input.runnerId)),
	createJoinToken: authedProcedure
		.input(
			z.strictObject({
				orgId: zId,
				ttlMinutes: z.number().int().min(1).max(1440).optional(),
				label: zText(80).optional(),
				idempotencyKey: zIdempotencyKey
			})
		)
		.mutation(({ ctx, input, path }) =>
			ctx.app.idempotency.onceSecret(ctx.actor, path, input, () =>
				ctx.app.runners.createJoinToken(ctx.actor, input)
			)
		),
	drain: authedProcedure
		.input(
			z.strictObject({ ...zRunner, deadlineMinutes: z.number().int().min(1).max(1440).optional() })
		)
		.use(idempotent)
		.mutation(({ ctx, input }) =>
			ctx.app.runners.drain(ctx.actor, input.runnerId, input.deadlineMinutes)
		),
	activate: authedProcedure
		.input(z.strictObject(zRunner))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.runners.activate(ctx.actor, input.runnerId)),
	setCapacity: authedProcedure
		.input(z.strictObject({ ...zRunner, capacity: z.number().int().min(1).max(100) }))
		.use(idempotent)
		.mutation(({ ctx, input }) =>
			ctx.app.runners.setCapacity(ctx.actor, input.runnerId, input.capacity)
		),
	rename: authedProcedure
		.input(z.strictObject({ ...zRunner, label: zText(80).nullable() }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.runners.rename(ctx.actor, input.runnerId, input.label)),
	deregister: authedProcedure
		.input(z.strictObject({ ...zRunner, force: z.boolean().default(false) }))
		.use(idempotent)
		.mutation(({ ctx, input }) =>
			ctx.app.runners.deregister(ctx.actor, input.runnerId, input.force)
		)
});
