// Orgs, their members and invitations.
import { z } from 'zod';
import { LIMIT_NAMES, LIMITS, type LimitName, type OrgLimits } from '#domain/limits.ts';
import { ROLES } from '#domain/permissions.ts';
import { demand } from '#server/auth/actor.ts';
import { listAudit, verifyAudit } from '#server/audit/service.ts';
import { authedProcedure, idempotent, router, zId, zIdempotencyKey, zPage, zText } from './trpc.ts';

const zName = zText(80, 1).transform((name) => name.trim());
const zRole = z.enum(ROLES);
const zOrg = { orgId: zId };
const zKey = { idempotencyKey: zIdempotencyKey };

const zLimits = z.strictObject(
	Object.fromEntries(
		LIMIT_NAMES.map((name) => [
			name,
			z.number().int().min(LIMITS[name].least).max(LIMITS[name].most).optional()
		])
	) as Record<LimitName, z.ZodOptional<z.ZodNumber>>
);

export const orgsRouter = router({
	list: authedProcedure.query(({ ctx }) => ctx.app.orgs.list(ctx.actor)),
	get: authedProcedure
		.input(z.strictObject(zOrg))
		.query(({ ctx, input }) => ctx.app.orgs.get(ctx.actor, input.orgId)),
	create: authedProcedure
		.input(z.strictObject({ name: zName, ...zKey }))
		.mutation(async ({ ctx, input, path }) => {
			const { actor, app } = ctx;
			const create = () => app.orgs.create(actor, input.name);
			return (await app.idempotency.once(actor, path, input, create)).value;
		}),
	rename: authedProcedure
		.input(z.strictObject({ ...zOrg, name: zName, ...zKey }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.orgs.rename(ctx.actor, input.orgId, input.name)),
	setLimits: authedProcedure
		.input(z.strictObject({ ...zOrg, limits: zLimits, ...zKey }))
		.use(idempotent)
		.mutation(({ ctx, input }) => {
			const given = Object.entries(input.limits).filter(([, value]) => value !== undefined);
			const limits = Object.fromEntries(given) as Partial<OrgLimits>;
			return ctx.app.orgs.setLimits(ctx.actor, input.orgId, limits);
		}),
	members: authedProcedure
		.input(z.strictObject(zOrg))
		.query(({ ctx, input }) => ctx.app.orgs.members(ctx.actor, input.orgId)),
	setMember: authedProcedure
		.input(
			z.strictObject({
				...zOrg,
				userId: zId,
				role: zRole.optional(),
				/** Null gives back what the role has. */
				approve: z.boolean().nullable().optional(),
				...zKey
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input: { orgId, userId, role, approve } }) =>
			ctx.app.orgs.setMember(ctx.actor, orgId, userId, {
				...(role === undefined ? {} : { role }),
				...(approve === undefined ? {} : { approve })
			})
		),
	removeMember: authedProcedure
		.input(z.strictObject({ ...zOrg, userId: zId, ...zKey }))
		.mutation(async ({ ctx, input, path }) => {
			const { actor, app } = ctx;
			await app.idempotency.once(actor, path, input, async () => {
				await app.orgs.removeMember(actor, input.orgId, input.userId);
				return null;
			});
			return { ok: true as const };
		}),
	invite: authedProcedure
		.input(z.strictObject({ ...zOrg, role: zRole, email: z.email().max(254).optional(), ...zKey }))
		.mutation(async ({ ctx, input, path }) => {
			const { actor, app } = ctx;
			const { orgId, role, email } = input;
			const made = await app.idempotency.onceSecret(actor, path, input, () =>
				app.orgs.invite(actor, orgId, { role, email: email ?? null })
			);
			return { ...made, expiresAt: made.expiresAt.toISOString() };
		}),
	invitations: authedProcedure
		.input(z.strictObject(zOrg))
		.query(({ ctx, input }) => ctx.app.orgs.invitations(ctx.actor, input.orgId)),
	cancelInvitation: authedProcedure
		.input(z.strictObject({ ...zOrg, invitationId: zId, ...zKey }))
		.mutation(async ({ ctx, input, path }) => {
			const { actor, app } = ctx;
			await app.idempotency.once(actor, path, input, async () => {
				await app.orgs.cancelInvitation(actor, input.orgId, input.invitationId);
				return null;
			});
			return { ok: true as const };
		}),
	/** Joins another org with the account one is signed in with. */
	acceptInvitation: authedProcedure
		.input(z.strictObject({ code: z.string().max(100), ...zKey }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.orgs.acceptInvitationAs(ctx.actor, input.code)),
	audit: authedProcedure
		.input(
			z.strictObject({
				...zOrg,
				...zPage,
				actor: zId.optional(),
				action: zText(100).optional(),
				targetId: zId.optional()
			})
		)
		.query(async ({ ctx, input: { page, pageSize, orgId, actor, action, targetId } }) => {
			demand(ctx.actor, orgId, 'audit.read');
			const filter = {
				orgId,
				...(actor ? { actor } : {}),
				...(action ? { action } : {}),
				...(targetId ? { targetId } : {})
			};
			const { items, total } = await listAudit(ctx.app.database.db, filter, page, pageSize);
			return {
				items: items.map((row) => ({ ...row, at: row.at.toISOString() })),
				total,
				page,
				pageSize,
				hasMore: page * pageSize < total
			};
		}),
	/** Walks the org's audit chain; says where it does not hold. */
	verifyAudit: authedProcedure.input(z.strictObject(zOrg)).query(({ ctx, input }) => {
		demand(ctx.actor, input.orgId, 'audit.read');
		return verifyAudit(ctx.app.database.db, input.orgId);
	})
});
