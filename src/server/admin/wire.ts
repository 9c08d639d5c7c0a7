// What crosses the admin socket: newline-delimited JSON, one request and one answer per line.
import { z } from 'zod';
import { ID_PATTERN } from '#domain/ids.ts';
import { ROLES } from '#domain/permissions.ts';

/** Longest request, and longest answer, in bytes. */
export const MAX_LINE = 64 * 1024;
export const MAX_ANSWER = 4 * 1024 * 1024;

export const Request = z.strictObject({
	id: z.number().int().min(0),
	method: z.string().max(60),
	params: z.unknown().optional()
});

export const Answer = z.union([
	z.object({ id: z.number().int().nullable(), result: z.unknown() }),
	z.object({
		id: z.number().int().nullable(),
		error: z.object({ code: z.string(), message: z.string() })
	})
]);

const nothing = z.strictObject({}).optional();
const zPath = z
	.string()
	.min(1)
	.max(4096)
	.refine((path) => path.startsWith('/') && !path.includes('\0'), 'must be an absolute path');

/** Parameters of each method. */
export const METHODS = {
	/** Address, version, pid, ready or not. */
	status: nothing,
	/** A one-time link: set-up before there is an owner, else sign-in. */
	'login-link': z.strictObject({ email: z.string().max(254).optional() }).optional(),
	'token.create': z.strictObject({
		role: z.enum(ROLES),
		name: z.string().min(1).max(80)
	}),
	'user.list': nothing,
	/** A one-time code with which a machine joins as a runner. */
	'join-code': z
		.strictObject({
			label: z.string().max(80).optional()
		})
		.optional(),
	/** Runners and whether they are online; `village up` waits for its own. */
	'runner.list': nothing,
	/** The runner that `village up` started beside the server. */
	'runner.mark-local': z.strictObject({ runnerId: z.string().regex(ID_PATTERN) }),
	/** Sessions that are not over. */
	'session.active': nothing,
	/** Stops every session and waits until each has ended, at most `timeoutMs`. */
	'session.stop-all': z.strictObject({ timeoutMs: z.number().int().min(0).max(60_000) }),
	/** Writes a tar.gz of database and terminals. */
	backup: z.strictObject({ path: zPath }),
	/** What only the server can tell a doctor. */
	doctor: nothing,
	/** Makes the demo village. */
	'demo.start': nothing,
	shutdown: nothing
} as const;

export type Method = keyof typeof METHODS;
export type Params<M extends Method> = z.infer<(typeof METHODS)[M]>;
export type Handlers = {
	[M in Method]: (params: NonNullable<Params<M>>) => Promise<unknown>;
};
