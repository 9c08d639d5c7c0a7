// The base of every procedure: context, typed errors, and what each privilege demands.
import { initTRPC, TRPCError } from '@trpc/server';
import * as devalue from 'devalue';
import { z, ZodError } from 'zod';
import { ID_PATTERN } from '#domain/ids.ts';
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';
import type { App } from '#server/app.ts';
import type { Actor } from '#server/auth/actor.ts';
import { AppError, isAppError } from '#server/errors.ts';
import { currentRequestId, withLogContext } from '#server/log.ts';
import { serialize } from './serialize.ts';

export interface Context {
	app: App;
	actor: Actor | null;
	requestId: string;
	/** What a socket has under way; absent where every call has a request of its own. */
	load?: { calls: number; subscriptions: number };
}

/** Calls of one socket under way at a time: the database takes them one by one, whoever sends how many. */
const MAX_CALLS = 100;
/** Calls in one batch, over HTTP or a socket. */
export const MAX_BATCH = 50;
/** Subscriptions of one socket; a page has one. */
export const MAX_SUBSCRIPTIONS = 50;

/** Carried in `error.data` of every answer (control-plane.md 11). */
export interface ErrorData {
	appCode: ErrorCode;
	details?: Record<string, unknown>;
	requestId: string | undefined;
}

const t = initTRPC.context<Context>().create({
	transformer: { serialize, deserialize: devalue.parse },
	// Streams end by the socket's own heartbeat; tRPC's SSE fallback pings at the same rate.
	sse: { ping: { enabled: true, intervalMs: 25_000 } },
	errorFormatter({ shape, error }) {
		const known = isAppError(error.cause) ? error.cause : null;
		const invalid = error.cause instanceof ZodError ? error.cause : null;
		const appCode = known?.code ?? codeOf(error, invalid !== null);
		const data = {
			...shape.data,
			stack: undefined,
			appCode,
			httpStatus: ERRORS[appCode].status,
			requestId: currentRequestId(),
			details: invalid
				? { issues: invalid.issues.map((i) => ({ path: i.path.join('.'), message: i.message })) }
				: known?.details
		};
		const message = known
			? known.message
			: invalid
				? (invalid.issues[0]?.message ?? 'The input is not valid.')
				: appCode === 'INTERNAL_ERROR'
					? 'Something went wrong on the server. The request id finds it in the log.'
					: error.message;
		return { ...shape, message, data };
	}
});

function codeOf(error: TRPCError, invalid: boolean): ErrorCode {
	if (invalid) return 'VALIDATION_ERROR';
	switch (error.code) {
		case 'BAD_REQUEST':
		case 'PARSE_ERROR':
			return 'VALIDATION_ERROR';
		case 'UNAUTHORIZED':
			return 'UNAUTHENTICATED';
		case 'FORBIDDEN':
			return 'FORBIDDEN';
		case 'NOT_FOUND':
			return 'NOT_FOUND';
		case 'METHOD_NOT_SUPPORTED':
			return 'METHOD_NOT_ALLOWED';
		case 'PAYLOAD_TOO_LARGE':
			return 'PAYLOAD_TOO_LARGE';
		case 'UNSUPPORTED_MEDIA_TYPE':
			return 'UNSUPPORTED_MEDIA_TYPE';
		case 'TOO_MANY_REQUESTS':
			return 'RATE_LIMITED';
		default:
			return 'INTERNAL_ERROR';
	}
}

/** Turns known failures into tRPC's errors with the cause kept; what is unknown is logged once, here. */
const errors = t.middleware(async ({ ctx, path, next }) => {
	const result = await withLogContext(
		{ requestId: ctx.requestId, ...(ctx.actor ? { userId: ctx.actor.id } : {}) },
		() => next()
	);
	if (result.ok) return result;
	const cause = result.error.cause;
	if (isAppError(cause))
		throw new TRPCError({ code: ERRORS[cause.code].rpc, message: cause.message, cause });
	if (result.error.code === 'INTERNAL_SERVER_ERROR' && !(cause instanceof ZodError))
		ctx.app.log.error({ err: cause ?? result.error, path }, 'procedure failed');
	return result;
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;
/** One socket cannot fill the server with work: what is too much is refused at once and may be tried again. */
const bounded = t.middleware(async ({ ctx, type, next }) => {
	const { load } = ctx;
	if (!load || type === 'subscription') return next();
	if (load.calls >= MAX_CALLS) throw tooMuch(`At most ${MAX_CALLS} calls at a time.`);
	load.calls++;
	try {
		return await next();
	} finally {
		load.calls--;
	}
});

/** Refused now because too much is under way; may be tried again. */
export function tooMuch(message: string): TRPCError {
	const cause = new AppError('RATE_LIMITED', message, { retryAfterMs: 1000 });
	return new TRPCError({ code: 'TOO_MANY_REQUESTS', message, cause });
}

export const publicProcedure = t.procedure.use(errors).use(bounded);

/** A signed-in person, token or the system. */
export const authedProcedure = publicProcedure.use(({ ctx, next }) => {
	if (!ctx.actor) throw unauthenticated();
	return next({ ctx: { ...ctx, actor: ctx.actor } });
});

/** The deployment admin, who is not a role of an org. */
export const adminProcedure = authedProcedure.use(({ ctx, next }) => {
	if (!ctx.actor.isAdmin) {
		const cause = new AppError('FORBIDDEN', 'Only the deployment admin may do this.');
		throw new TRPCError({ code: 'FORBIDDEN', message: cause.message, cause });
	}
	return next();
});

function unauthenticated(): TRPCError {
	const cause = new AppError('UNAUTHENTICATED', 'Sign in first.');
	return new TRPCError({ code: 'UNAUTHORIZED', message: cause.message, cause });
}

/** An id on the wire. */
export const zId = z.string().regex(ID_PATTERN, 'Not an id.');

/**
 * For mutations whose answer is plain JSON without secrets: the same `idempotencyKey` with the same input gives the
 * first answer again (control-plane.md 4.4). Used after the input, so that only what was understood is compared.
 */
export const idempotent = t.middleware(async ({ ctx, path, input, next }) => {
	const given = (input ?? {}) as { idempotencyKey?: string };
	if (given.idempotencyKey === undefined || !ctx.actor) return next();
	let fresh: Awaited<ReturnType<typeof next>> | null = null;
	const { value } = await ctx.app.idempotency.once(ctx.actor, path, given, async () => {
		fresh = await next();
		if (!fresh.ok) throw fresh.error;
		return fresh.data;
	});
	return fresh ?? ({ ok: true, data: value } as Awaited<ReturnType<typeof next>>);
});

/** Text people typed: no NUL, no lone surrogates, which a database would refuse with an error of its own. */
export const zText = (max: number, min = 0) =>
	z
		.string()
		.min(min)
		.max(max)
		.refine(
			(text) => !text.includes('\0') && text.isWellFormed(),
			'Contains characters that cannot be stored.'
		);

export const zPage = {
	page: z.number().int().min(1).max(1_000_000).default(1),
	pageSize: z.number().int().min(1).max(100).default(20)
};

/** Accepted on every mutation (control-plane.md 4.4). */
export const zIdempotencyKey = zText(100, 1).optional();
