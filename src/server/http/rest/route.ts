// What a route of `/api` is: an address, who may use it, what it takes and gives, and the service call behind it.
import type { z } from 'zod';
import type { Right } from '#domain/permissions.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { App } from '#server/app.ts';

/** What a service call gets. */
export interface Call<P, Q, B> {
	app: App;
	actor: Actor;
	params: P;
	query: Q;
	body: B;
}

/** How a route is described; what it does is not part of it. */
export interface Described {
	method: 'GET' | 'POST';
	/** With parameters in braces, as OpenAPI has it. */
	path: string;
	/** Name of the operation in the OpenAPI description. */
	id: string;
	summary: string;
	/** The right it takes in the organization; null: other credentials than a person's, or none. */
	right: Right | null;
	params?: z.ZodObject;
	query?: z.ZodObject;
	body?: z.ZodType;
	/** What `data` holds; a name and a schema, so that the description can refer to it. */
	answer: { name: string; schema: z.ZodType } | { media: Record<string, string> };
	status?: number;
	/** Whether it takes an `Idempotency-Key`. */
	idempotent?: boolean;
}

export interface Route extends Described {
	answer: { name: string; schema: z.ZodType };
	/** Runs the call. Throws `AppError`. */
	run(
		call: Call<unknown, unknown, unknown>,
		idempotencyKey: string | undefined
	): Promise<{ data: unknown; replayed: boolean }>;
}

type Shape<T> = T extends z.ZodType ? z.infer<T> : Record<string, never>;

/** A route that only reads. */
export function reads<
	P extends z.ZodObject | undefined = undefined,
	Q extends z.ZodObject | undefined = undefined
>(
	route: Omit<Route, 'run' | 'method' | 'params' | 'query' | 'body'> & {
		params?: P;
		query?: Q;
		work(call: Call<Shape<P>, Shape<Q>, undefined>): Promise<unknown>;
	}
): Route {
	const { work, params, query, ...rest } = route;
	return {
		...rest,
		method: 'GET',
		...(params ? { params } : {}),
		...(query ? { query } : {}),
		run: async (call) => ({
			data: await work(call as Call<Shape<P>, Shape<Q>, undefined>),
			replayed: false
		})
	};
}

/**
 * A route that changes something. `command` is the name of the command: the same key given to the same command over
 * another door is the same call. `work` answers with plain JSON without secrets, because that is kept; what is told
 * besides is made by `tell`, for every answer anew.
 */
export function writes<P extends z.ZodObject, B extends z.ZodObject, T>(
	route: Omit<Route, 'run' | 'method' | 'params' | 'query' | 'body' | 'idempotent'> & {
		params: P;
		body: B;
		command: string;
		work(call: Call<z.infer<P>, Record<string, never>, z.infer<B>>): Promise<T>;
		tell(value: T, call: Call<z.infer<P>, Record<string, never>, z.infer<B>>): unknown;
	}
): Route {
	const { work, tell, command, ...rest } = route;
	return {
		...rest,
		method: 'POST',
		idempotent: true,
		async run(given, idempotencyKey) {
			const call = given as Call<z.infer<P>, Record<string, never>, z.infer<B>>;
			const input = { ...call.params, ...call.body, idempotencyKey };
			const { value, replayed } = await call.app.idempotency.once(
				call.actor,
				command,
				input as { idempotencyKey: string | undefined },
				() => work(call)
			);
			return { data: await tell(value, call), replayed };
		}
	};
}
