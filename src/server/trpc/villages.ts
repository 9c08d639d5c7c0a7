import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { MAP_LIMIT } from '#domain/village.ts';
import { AgentStart } from '#protocol/rest/agent-start.ts';
import { AgentStop } from '#protocol/rest/agent-stop.ts';
import { houseActivity } from '#server/villages/activity.ts';
import { CHECKLIST_STEPS } from '#server/villages/newcomers.ts';
import { authedProcedure, idempotent, router, zId, zIdempotencyKey, zText } from './trpc.ts';

const key = { idempotencyKey: zIdempotencyKey };
const zVillage = z.strictObject({ villageId: zId });
const zTile = z.number().min(-MAP_LIMIT).max(MAP_LIMIT);

export const villagesRouter = router({
	list: authedProcedure
		.input(z.strictObject({ orgId: zId.optional() }).optional())
		.query(async ({ ctx, input }) => {
			const all = await ctx.app.villages.list(ctx.actor);
			return input?.orgId ? all.filter((village) => village.orgId === input.orgId) : all;
		}),
	state: authedProcedure
		.input(zVillage)
		.query(({ ctx, input }) => ctx.app.villages.state(ctx.actor, input.villageId)),
	saveLayout: authedProcedure
		.input(
			z.strictObject({
				villageId: zId,
				version: z.number().int().min(1).max(2_000_000_000),
				houses: z
					.array(z.strictObject({ id: zId, x: zTile, y: zTile }))
					.max(LIMITS.housesPerVillage.most),
				...key
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.villages.saveLayout(ctx.actor, input))
});

export const housesRouter = router({
	list: authedProcedure
		.input(zVillage)
		.query(({ ctx, input }) => ctx.app.villages.houses(ctx.actor, input.villageId)),
	/** The last day of a house, newest first. */
	activity: authedProcedure
		.input(z.strictObject({ houseId: zId }))
		.query(({ ctx, input }) => houseActivity(ctx.app, ctx.actor, input.houseId)),
	roots: authedProcedure
		.input(z.strictObject({ runnerId: zId }))
		.query(({ ctx, input }) => ctx.app.villages.roots(ctx.actor, input.runnerId)),
	add: authedProcedure
		.input(
			z.strictObject({
				villageId: zId,
				name: zText(80).optional(),
				source: z.enum(['git_url', 'local']),
				url: zText(500).optional(),
				runnerId: zId.optional(),
				path: zText(1000).optional(),
				branch: zText(250, 1).optional(),
				...key
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.villages.addHouse(ctx.actor, input)),
	/** Has a runner look at it once more; the answer comes as a changed house. */
	check: authedProcedure
		.input(z.strictObject({ houseId: zId, ...key }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.villages.checkHouse(ctx.actor, input.houseId)),
	remove: authedProcedure
		.input(z.strictObject({ houseId: zId, ...key }))
		.use(idempotent)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.villages.removeHouse(ctx.actor, input.houseId);
			return { ok: true as const };
		})
});

export const agentsRouter = router({
	list: authedProcedure
		.input(zVillage)
		.query(({ ctx, input }) => ctx.app.villages.agents(ctx.actor, input.villageId)),
	/** The answer carries a token for `/ws`, which is made anew for a repeated call and never kept. */
	start: authedProcedure
		.input(AgentStart.extend({ agentId: zId, ...key }))
		.mutation(async ({ ctx: { app, actor }, input }) => {
			const { value } = await app.idempotency.once(actor, 'agents.start', input, () => {
				const { agentId, idempotencyKey: _key, ...what } = input;
				return app.agentCommands.start(actor, agentId, what);
			});
			return { ...value, ...(await app.agentCommands.token(actor, value.sessionId, true)) };
		}),
	stop: authedProcedure
		.input(AgentStop.extend({ agentId: zId, ...key }))
		.mutation(async ({ ctx: { app, actor }, input }) => {
			const { value } = await app.idempotency.once(actor, 'agents.stop', input, () => {
				const { agentId, idempotencyKey: _key, ...what } = input;
				return app.agentCommands.stop(actor, agentId, what);
			});
			return value;
		})
});

export const checklistRouter = router({
	done: authedProcedure
		.input(z.strictObject({ step: z.enum(CHECKLIST_STEPS as [string, ...string[]]), ...key }))
		.use(idempotent)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.newcomers.done(ctx.actor, input.step as (typeof CHECKLIST_STEPS)[number]);
			return { ok: true as const };
		}),
	dismiss: authedProcedure
		.input(z.strictObject({ dismissed: z.boolean().default(true), ...key }).prefault({}))
		.use(idempotent)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.newcomers.dismiss(ctx.actor, input.dismissed);
			return { ok: true as const };
		})
});

const zOrg = z.strictObject({ orgId: zId, ...key });

export const demoRouter = router({
	start: authedProcedure
		.input(zOrg)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.demo.start(ctx.actor, input.orgId)),
	remove: authedProcedure
		.input(zOrg)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.demo.remove(ctx.actor, input.orgId))
});
