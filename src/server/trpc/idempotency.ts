// The same key with the same input gives the first answer again, for a day (control-plane.md 4.4).
import { createHash } from 'node:crypto';
import { and, eq, lte } from 'drizzle-orm';
import type { Actor } from '#server/auth/actor.ts';
import { canonicalJson } from '#server/audit/service.ts';
import type { Clock } from '#server/clock.ts';
import { idempotencyKeys } from '#server/db/schema/accounts.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';

const KEPT_MS = 24 * 3_600_000;
/** Answers under way at a time; more are refused, so that keys cannot fill memory. */
const MAX_UNDER_WAY = 1000;

export interface Idempotency {
	/**
	 * Runs `work` once per actor, path and key. Without a key it just runs. Answers must be plain JSON.
	 * Throws `IDEMPOTENCY_CONFLICT` for the same key with another input, and whatever `work` throws; a failure
	 * is not kept, so that the same key may be tried again.
	 */
	once<T>(
		actor: Actor,
		path: string,
		input: { idempotencyKey?: string | undefined },
		work: () => Promise<T>
	): Promise<{ value: T; replayed: boolean }>;
	/**
	 * The same for answers that carry a secret: only `id` is kept, and a replay is `IDEMPOTENCY_CONFLICT` with it,
	 * because what is shown once cannot be shown again.
	 */
	onceSecret<T extends { id: string }>(
		actor: Actor,
		path: string,
		input: { idempotencyKey?: string | undefined },
		work: () => Promise<T>
	): Promise<T>;
	/** Forgets keys of more than a day ago. */
	sweep(): Promise<void>;
}

export function createIdempotency(deps: { database: Database; clock: Clock }): Idempotency {
	const { db } = deps.database;
	const { clock } = deps;
	/** Calls with a key that have not ended; one server process per database makes this enough. */
	const underWay = new Map<string, { bodyHash: string; answer: Promise<unknown> }>();

	const idempotency: Idempotency = {
		async once(actor, path, input, work) {
			const { idempotencyKey: key, ...body } = input;
			if (key === undefined) return { value: await work(), replayed: false };
			const scope = `${actor.id}:${path}`;
			const bodyHash = createHash('sha256').update(canonicalJson(body)).digest('hex');
			const id = `${scope}\n${key}`;
			const running = underWay.get(id);
			if (running) {
				demandSame(running.bodyHash, bodyHash);
				return { value: (await running.answer) as never, replayed: true };
			}
			if (underWay.size >= MAX_UNDER_WAY)
				throw new AppError('RATE_LIMITED', 'Too many calls at once.', { retryAfterMs: 1000 });
			const answer = find(scope, key).then(async (kept) => {
				if (kept) {
					demandSame(kept.bodyHash, bodyHash);
					return { value: kept.response as never, replayed: true };
				}
				const value = await work();
				const row = { bodyHash, response: value ?? null, expiresAt: expiry() };
				await db
					.insert(idempotencyKeys)
					.values({ scope, key, ...row })
					.onConflictDoUpdate({ target: [idempotencyKeys.scope, idempotencyKeys.key], set: row });
				return { value, replayed: false };
			});
			const shared = answer.then((result) => result.value);
			shared.catch(() => {});
			underWay.set(id, { bodyHash, answer: shared });
			try {
				return await answer;
			} finally {
				underWay.delete(id);
			}
		},
		async onceSecret<T extends { id: string }>(
			actor: Actor,
			path: string,
			input: { idempotencyKey?: string | undefined },
			work: () => Promise<T>
		) {
			let made: T | null = null;
			const { value } = await idempotency.once(actor, path, input, async () => {
				made = await work();
				return { id: made.id };
			});
			if (made) return made as T;
			throw new AppError('IDEMPOTENCY_CONFLICT', 'This was made already; it is shown only once.', {
				id: value.id
			});
		},
		async sweep() {
			await db.delete(idempotencyKeys).where(lte(idempotencyKeys.expiresAt, clock.now()));
		}
	};
	return idempotency;

	function expiry(): Date {
		return new Date(clock.now().getTime() + KEPT_MS);
	}

	async function find(scope: string, key: string) {
		const [row] = await db
			.select()
			.from(idempotencyKeys)
			.where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key)));
		return row && row.expiresAt > clock.now() ? row : null;
	}
}

function demandSame(kept: string, given: string): void {
	if (kept !== given)
		throw new AppError('IDEMPOTENCY_CONFLICT', 'This key was used with another input.');
}
