// Letting machines in: one-time join codes, and the credential each gets for one (control-plane.md 6.1). Only hashes are kept.
import { and, count, eq, isNull } from 'drizzle-orm';
import { audit } from '#server/audit/service.ts';
import { demand, missing, systemActor, type Actor } from '#server/auth/actor.ts';
import { hashSecret, newSecret, sameHash, SECRET_PATTERN } from '#server/auth/secrets.ts';
import type { Clock } from '#server/clock.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import { runnerJoinTokens, runners } from '#server/db/schema/runners.ts';
import type { Database, Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { EventLog } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import type { Limits } from '#server/orgs/limits.ts';
import { emitRunner, type Runner } from './store.ts';

export interface JoinFacts {
	hostname: string;
	os: string;
	arch: string;
	runnerVersion: string;
	capacity?: number | undefined;
	features?: string[] | undefined;
	metadata?: Record<string, string> | undefined;
}

export interface Enrolment {
	createJoinToken(
		actor: Actor,
		input: {
			orgId: string;
			ttlMinutes?: number | undefined;
			label?: string | undefined;
		}
	): Promise<{ id: string; joinToken: string; expiresAt: string; command: string }>;
	/** Uses a join code up. Throws `JOIN_TOKEN_INVALID` (one message for all reasons), `RUNNER_LIMIT_EXCEEDED` (the code stays good). */
	join(
		code: string,
		facts: JoinFacts,
		options: { ip: string | null }
	): Promise<{ runnerId: string; credential: string }>;
	/** The runner behind a credential; `gone` when it was deregistered. */
	authenticate(authorization: string | undefined): Promise<Runner | 'gone' | null>;
}

const DEFAULT_TTL_MINUTES = 15;
const DEFAULT_CAPACITY = 5;

const credential = (id: string, secret: string) => `avr_${id}_${secret}`;

export function createEnrolment(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	limits: Limits;
	/** The address runners dial, for the command shown to people. */
	publicUrl: () => string;
}): Enrolment {
	const { clock, log } = deps;
	const { db } = deps.database;
	const emit = emitRunner;

	return {
		createJoinToken: (actor, input) =>
			log.transact(async (tx) => {
				demand(actor, input.orgId, 'runner.manage');
				await demandRoom(deps.limits, tx, input.orgId);
				const now = clock.now();
				const id = newId(now);
				const secret = newSecret();
				const expiresAt = new Date(
					now.getTime() + (input.ttlMinutes ?? DEFAULT_TTL_MINUTES) * 60_000
				);
				await tx.insert(runnerJoinTokens).values({
					id,
					orgId: input.orgId,
					secretHash: hashSecret(secret),
					label: input.label ?? null,
					expiresAt,
					createdBy: actor.id
				});
				await audit(tx, {
					orgId: input.orgId,
					actor,
					action: 'runner.join_code',
					target: { kind: 'join_token', id },
					at: now
				});
				const joinToken = `avj_${id}_${secret}`;
				return {
					id,
					joinToken,
					expiresAt: expiresAt.toISOString(),
					command: `village runner join ${deps.publicUrl()} ${joinToken}`
				};
			}),
		join: (code, facts, { ip }) =>
			log.transact(async (tx, collect) => {
				const refused = new AppError(
					'JOIN_TOKEN_INVALID',
					'This join code is not valid: unknown, expired or already used. Ask for a new one.'
				);
				const match = /^avj_([0-9a-f-]{36})_(.+)$/.exec(code);
				if (!match || !SECRET_PATTERN.test(match[2]!)) throw refused;
				const now = clock.now();
				const [token] = await tx
					.select()
					.from(runnerJoinTokens)
					.where(eq(runnerJoinTokens.id, match[1]!))
					.for('update');
				if (
					!token ||
					!sameHash(token.secretHash, hashSecret(match[2]!)) ||
					token.usedAt ||
					token.expiresAt <= now
				)
					throw refused;
				await demandRoom(deps.limits, tx, token.orgId);
				const id = newId(now);
				const secret = newSecret();
				await tx.insert(runners).values({
					id,
					orgId: token.orgId,
					hostname: facts.hostname,
					label: token.label,
					os: facts.os,
					arch: facts.arch,
					runnerVersion: facts.runnerVersion,
					credentialHash: hashSecret(secret),
					capacity: facts.capacity ?? DEFAULT_CAPACITY,
					features: facts.features ?? [],
					metadata: facts.metadata ?? {}
				});
				await tx
					.update(runnerJoinTokens)
					.set({ usedAt: now, usedByRunner: id })
					.where(eq(runnerJoinTokens.id, token.id));
				await emit(tx, collect, id, 'runner.registered');
				await audit(tx, {
					orgId: token.orgId,
					actor: { ...systemActor(`join:${token.id}`), ip, transport: 'rest' },
					action: 'runner.join',
					target: { kind: 'runner', id },
					detail: { hostname: facts.hostname },
					at: now
				});
				return { runnerId: id, credential: credential(id, secret) };
			}),
		async authenticate(authorization) {
			const match = /^Bearer avr_([0-9a-f-]{36})_(.+)$/.exec(authorization ?? '');
			if (!match || !SECRET_PATTERN.test(match[2]!)) return null;
			const [runner] = await db.select().from(runners).where(eq(runners.id, match[1]!));
			const hash = hashSecret(match[2]!);
			if (!runner) return null;
			const current = sameHash(runner.credentialHash, hash);
			const former =
				runner.prevCredentialHash !== null &&
				runner.prevValidUntil !== null &&
				runner.prevValidUntil > clock.now() &&
				sameHash(runner.prevCredentialHash, hash);
			if (!current && !former) return null;
			return runner.deletedAt ? 'gone' : runner;
		}
	};
}

/** Throws when the org may have no further runner; the org's row is locked, so that joins cannot pass together. */
async function demandRoom(limits: Limits, tx: Tx, orgId: string): Promise<void> {
	const [org] = await tx.select().from(orgs).where(eq(orgs.id, orgId)).for('update');
	if (!org) throw missing('ORG_NOT_FOUND');
	const limit = (await limits.of(orgId, tx)).maxRunnersPerOrg;
	const [row] = await tx
		.select({ n: count() })
		.from(runners)
		.where(and(eq(runners.orgId, orgId), isNull(runners.deletedAt)));
	if ((row?.n ?? 0) >= limit)
		throw new AppError(
			'RUNNER_LIMIT_EXCEEDED',
			`An organization has at most ${limit} runners. Remove one first.`,
			{ limit }
		);
}
