import { z } from 'zod';
import { json } from '#protocol/json.ts';
import { PROVIDERS } from '#domain/provider.ts';
import { MAX_REVIEW_CHARS, MAX_REVIEW_COMMENTS } from '#domain/review.ts';
import { refProblem, repoUrlProblem } from '#domain/repo.ts';
import { SESSION_STATES } from '#domain/session.ts';
import { authedProcedure, idempotent, router, zId, zIdempotencyKey, zPage, zText } from './trpc.ts';

const key = { idempotencyKey: zIdempotencyKey };
const zSession = { sessionId: zId };

const zBranch = z
	.string()
	.max(250)
	.superRefine((ref, ctx) => {
		const problem = refProblem(ref);
		if (problem)
			ctx.addIssue({ code: 'custom', message: `This branch cannot be used: ${problem}.` });
	});

const zRepo = z.strictObject({
	url: z
		.string()
		.max(500)
		.superRefine((url, ctx) => {
			const problem = repoUrlProblem(url);
			if (problem)
				ctx.addIssue({ code: 'custom', message: `This address cannot be used: ${problem}.` });
		}),
	branch: zBranch.optional()
});

const zOptions = z.strictObject({
	timeoutMinutes: z.number().int().min(1).max(1440).optional(),
	env: z.record(z.string().max(64), z.string().max(32_768)).optional(),
	unattended: z.boolean().optional(),
	onDeny: z.enum(['continue', 'stop']).optional(),
	onRunnerLost: z.enum(['wait', 'reschedule', 'fail']).optional(),
	features: z
		.array(z.string().regex(/^[a-z0-9._-]{1,40}$/))
		.max(32)
		.optional(),
	priority: z.number().int().min(-10).max(10).optional(),
	worktree: z.boolean().optional(),
	cols: z.number().int().min(10).max(500).optional(),
	rows: z.number().int().min(2).max(300).optional()
});

export const sessionsRouter = router({
	create: authedProcedure
		.input(
			z.strictObject({
				orgId: zId,
				// Any string: an unknown provider is INVALID_PROVIDER, which the service says.
				providerId: z.string().min(1).max(64),
				agentId: zId.optional(),
				houseId: zId.optional(),
				task: zText(8000).optional(),
				model: zText(200).optional(),
				command: zText(8000).optional(),
				scenario: json().optional(),
				repo: zRepo.optional(),
				options: zOptions.optional(),
				...key
			})
		)
		.mutation(({ ctx, input }) =>
			ctx.app.idempotency
				.once(ctx.actor, 'sessions.create', input, () => {
					const { options, idempotencyKey: _key, ...rest } = input;
					return ctx.app.sessions.create(ctx.actor, { ...rest, ...options });
				})
				.then((answer) => answer.value)
		),
	get: authedProcedure
		.input(z.strictObject(zSession))
		.query(({ ctx, input }) => ctx.app.sessions.get(ctx.actor, input.sessionId)),
	list: authedProcedure
		.input(
			z.strictObject({
				orgId: zId,
				state: z.array(z.enum(SESSION_STATES)).max(9).optional(),
				providerId: z.enum(PROVIDERS).optional(),
				agentId: zId.optional(),
				runnerId: zId.optional(),
				houseId: zId.optional(),
				search: zText(200).optional(),
				...zPage
			})
		)
		.query(({ ctx, input: { page, pageSize, ...filter } }) =>
			ctx.app.sessions.list(ctx.actor, filter, { page, pageSize })
		),
	stop: authedProcedure
		.input(
			z.strictObject({
				...zSession,
				reason: zText(500).optional(),
				force: z.boolean().optional(),
				...key
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.sessions.stop(ctx.actor, input.sessionId, input)),
	pause: authedProcedure
		.input(z.strictObject({ ...zSession, ...key }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.sessions.pause(ctx.actor, input.sessionId)),
	resume: authedProcedure
		.input(z.strictObject({ ...zSession, ...key }))
		.use(idempotent)
		.mutation(({ ctx, input }) => ctx.app.sessions.resume(ctx.actor, input.sessionId)),
	setPolicy: authedProcedure
		.input(
			z.strictObject({
				...zSession,
				unattended: z.boolean().optional(),
				onDeny: z.enum(['continue', 'stop']).optional(),
				onRunnerLost: z.enum(['wait', 'reschedule', 'fail']).optional(),
				...key
			})
		)
		.use(idempotent)
		.mutation(({ ctx, input: { sessionId, idempotencyKey: _key, ...policy } }) =>
			ctx.app.setSessionPolicy(ctx.actor, sessionId, policy)
		),
	retry: authedProcedure
		.input(z.strictObject({ ...zSession, ...key }))
		.mutation(({ ctx, input }) =>
			ctx.app.idempotency
				.once(ctx.actor, 'sessions.retry', input, () =>
					ctx.app.sessions.retry(ctx.actor, input.sessionId)
				)
				.then((answer) => answer.value)
		),
	input: authedProcedure
		.input(z.strictObject({ ...zSession, data: z.string().min(1).max(65_536), ...key }))
		.mutation(({ ctx, input }) =>
			ctx.app.idempotency
				.once(ctx.actor, 'sessions.input', input, () =>
					ctx.app.sessions.input(ctx.actor, input.sessionId, Buffer.from(input.data, 'utf8'))
				)
				.then((answer) => answer.value)
		),
	diff: authedProcedure
		.input(z.strictObject(zSession))
		.query(({ ctx, input }) => ctx.app.workspaces.diff(ctx.actor, input.sessionId)),
	patch: authedProcedure
		.input(z.strictObject({ ...zSession, path: zText(4096) }))
		.query(({ ctx, input }) => ctx.app.workspaces.patch(ctx.actor, input.sessionId, input.path)),
	workspace: authedProcedure
		.input(z.strictObject(zSession))
		.query(({ ctx, input }) => ctx.app.workspaces.look(ctx.actor, input.sessionId)),
	exportWork: authedProcedure
		.input(z.strictObject(zSession))
		.mutation(({ ctx, input }) =>
			ctx.app.workspaces.act(ctx.actor, input.sessionId, { do: 'export' })
		),
	keepBranch: authedProcedure
		.input(z.strictObject({ ...zSession, branch: zBranch }))
		.mutation(({ ctx, input: { sessionId, branch } }) =>
			ctx.app.workspaces.act(ctx.actor, sessionId, { do: 'branch', branch })
		),
	/** `discard`: also what is not committed; it is exported first. */
	cleanUp: authedProcedure
		.input(z.strictObject({ ...zSession, discard: z.boolean().default(false) }))
		.mutation(({ ctx, input: { sessionId, discard } }) =>
			ctx.app.workspaces.act(ctx.actor, sessionId, { do: 'remove', discard })
		),
	review: authedProcedure
		.input(
			z.strictObject({
				...zSession,
				text: zText(MAX_REVIEW_CHARS, 1),
				comments: z.number().int().min(0).max(MAX_REVIEW_COMMENTS).default(0),
				...key
			})
		)
		.mutation(({ ctx, input }) =>
			ctx.app.idempotency
				.once(ctx.actor, 'sessions.review', input, () =>
					ctx.app.sendReview(ctx.actor, input.sessionId, input)
				)
				.then((answer) => answer.value)
		),
	/** A token that opens this one session on `/ws` for an hour, and nothing else. */
	token: authedProcedure
		.input(z.strictObject({ ...zSession, write: z.boolean().default(false) }))
		.mutation(({ ctx, input }) =>
			ctx.app.agentCommands.token(ctx.actor, input.sessionId, input.write)
		),
	events: authedProcedure
		.input(
			z.strictObject({
				...zSession,
				afterSeq: z.number().int().min(0).default(0),
				limit: z.number().int().min(1).max(500).default(100)
			})
		)
		.query(({ ctx, input }) =>
			ctx.app.sessions.events(ctx.actor, input.sessionId, input.afterSeq, input.limit)
		)
});
