import { z } from 'zod';
import { APPROVAL_STATUSES } from '#domain/approval.ts';
import { RULE_DECISIONS, RULE_MATCHES, RULE_SCOPES } from '#domain/approval-rules.ts';
import { APPROVAL_ACTIONS, RISKS } from '#protocol/approval-words.ts';
import { authedProcedure, idempotent, router, zId, zIdempotencyKey, zPage, zText } from './trpc.ts';

const zPattern = zText(1000).min(1).nullable().default(null);
const zRule = {
	orgId: zId,
	scope: z.enum(RULE_SCOPES),
	scopeId: zId,
	action: z.enum([...APPROVAL_ACTIONS, '*']).default('*'),
	toolPattern: zPattern,
	commandPattern: zPattern,
	pathPattern: zPattern,
	maxRisk: z.enum(RISKS).nullable().default(null),
	decision: z.enum(RULE_DECISIONS),
	locked: z.boolean().optional(),
	expiresInMinutes: z.number().int().min(1).max(525_600).optional()
};

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
				always: z
					.strictObject({
						scope: z.enum(['session', 'agent', 'house']),
						match: z.enum(RULE_MATCHES)
					})
					.optional(),
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
		),
	listRules: authedProcedure
		.input(z.strictObject({ orgId: zId }))
		.query(({ ctx, input }) => ctx.app.approvals.rules.list(ctx.actor, input.orgId)),
	createRule: authedProcedure
		.input(z.strictObject({ ...zRule, idempotencyKey: zIdempotencyKey }))
		.use(idempotent)
		.mutation(({ ctx, input: { idempotencyKey: _key, ...rule } }) =>
			ctx.app.approvals.rules.create(ctx.actor, rule)
		),
	deleteRule: authedProcedure
		.input(z.strictObject({ ruleId: zId, idempotencyKey: zIdempotencyKey }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.approvals.rules.remove(ctx.actor, input.ruleId)),
	simulate: authedProcedure
		.input(
			z.strictObject({
				sessionId: zId,
				action: z.enum(APPROVAL_ACTIONS).optional(),
				tool: zText(200).optional(),
				command: zText(8000).optional(),
				paths: z.array(zText(1000)).max(200).optional(),
				risk: z.enum(RISKS).optional()
			})
		)
		.query(({ ctx, input: { sessionId, ...what } }) =>
			ctx.app.approvals.rules.simulate(ctx.actor, sessionId, what)
		),
	dryRun: authedProcedure
		.input(z.strictObject(zRule))
		.query(({ ctx, input }) => ctx.app.approvals.rules.dryRun(ctx.actor, input)),
	bypass: authedProcedure
		.input(
			z
				.strictObject({
					sessionId: zId.optional(),
					houseId: zId.optional(),
					minutes: z.number().int().min(1).max(480),
					reason: zText(500).min(3),
					idempotencyKey: zIdempotencyKey
				})
				.refine(
					(input) => (input.sessionId === undefined) !== (input.houseId === undefined),
					'Name one session or one house.'
				)
		)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.approvals.rules.bypass(ctx.actor, input)),
	endBypass: authedProcedure
		.input(z.strictObject({ bypassId: zId, idempotencyKey: zIdempotencyKey }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.approvals.rules.endBypass(ctx.actor, input.bypassId))
});
