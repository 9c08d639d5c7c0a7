// How people come in: the first owner by the set-up link, everybody else by invitation.
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Role } from '#domain/permissions.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { Link, LinkKind } from '#server/auth/links.ts';
import type { Client, NewLogin } from '#server/auth/sessions.ts';
import { audit } from '#server/audit/service.ts';
import { memberships, orgs, users } from '#server/db/schema/accounts.ts';
import type { Tx } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import type { Collector } from '#server/events/log.ts';
import { newId } from '#server/new-id.ts';
import type { OrgsDeps } from './service.ts';

export interface NewAccount {
	name: string;
	email: string;
	password: string;
}

export interface Joining {
	/** What a link is good for, so that its page can ask the right things; null when it is of no use any more. */
	describeLink(code: string): Promise<{
		kind: LinkKind;
		orgName: string | null;
		role: Role | null;
		email: string | null;
	} | null>;
	/** Makes the first owner, who is also the deployment admin. Throws `LINK_INVALID`, also when there is an owner already. */
	setup(code: string, person: { name: string }, client: Client): Promise<NewLogin>;
	/** Joins with a new account. Throws `LINK_INVALID`, `VALIDATION_ERROR`, `CONFLICT` (address in use). */
	acceptInvitation(code: string, account: NewAccount, client: Client): Promise<NewLogin>;
	/** Joins with the account one is signed in with. Throws `LINK_INVALID`, `CONFLICT` (already a member). */
	acceptInvitationAs(actor: Actor, code: string): Promise<{ orgId: string }>;
}

export function openJoining(
	deps: OrgsDeps & { ensureFirstOrg: (tx: Tx) => Promise<string> }
): Joining {
	const { events, auth, clock } = deps;
	const { db } = deps.database;

	async function insertUser(
		tx: Tx,
		fields: { name: string; email?: string; passwordHash?: string; isAdmin?: boolean }
	): Promise<string> {
		const now = clock.now();
		const id = newId(now);
		const inserted = await tx
			.insert(users)
			.values({ id, ...fields, createdAt: now, updatedAt: now })
			.onConflictDoNothing()
			.returning({ id: users.id });
		if (inserted.length === 0)
			throw new AppError(
				'CONFLICT',
				'There is an account with this email address. Sign in first, then open the link again.'
			);
		return id;
	}

	async function join(
		tx: Tx,
		collect: Collector,
		how: { userId: string; name: string; orgId: string; role: Role; by: string; client: Client }
	): Promise<void> {
		const { userId, name, orgId, role, by } = how;
		const now = clock.now();
		const inserted = await tx
			.insert(memberships)
			.values({ orgId, userId, role, createdAt: now, updatedAt: now })
			.onConflictDoNothing()
			.returning({ userId: memberships.userId });
		if (inserted.length === 0)
			throw new AppError('CONFLICT', 'You are a member of this organization already.');
		await audit(tx, {
			orgId,
			actor: { kind: 'user', id: userId, transport: 'web', ip: how.client.ip },
			action: 'member.join',
			target: { kind: 'user', id: userId },
			detail: { role, by },
			at: now
		});
		collect.add(orgId, {
			stream: `org:${orgId}`,
			type: 'member.joined',
			data: { userId, name, role },
			actor: userId
		});
	}

	const claim = (tx: Tx, code: string, kind: LinkKind): Promise<Link> =>
		auth.links.claimLink(tx, code, [kind], clock.now());

	/** An invitation dies with the org or with the inviter's right to invite. */
	async function inviterStillMay(tx: Tx, link: Link): Promise<void> {
		const [inviter] = await tx
			.select({ role: memberships.role })
			.from(memberships)
			.where(
				and(eq(memberships.orgId, link.orgId ?? ''), eq(memberships.userId, link.createdBy ?? ''))
			);
		if (inviter?.role !== 'owner') throw auth.links.linkInvalid();
	}

	return {
		async describeLink(code) {
			const link = await auth.links.findLink(db, code, clock.now());
			if (!link || (link.kind === 'setup' && (await auth.hasOwner()))) return null;
			const [org] = link.orgId
				? await db.select({ name: orgs.name }).from(orgs).where(eq(orgs.id, link.orgId))
				: [];
			return { kind: link.kind, orgName: org?.name ?? null, role: link.role, email: link.email };
		},
		async setup(code, { name }, client) {
			auth.countAttempt(client);
			checkName(name);
			return events.transact(async (tx, collect) => {
				// Of two set-up links used at once, the second must see the first one's owner.
				await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('first-owner', 0))`);
				await claim(tx, code, 'setup');
				if (await auth.hasOwner(tx)) throw auth.links.linkInvalid();
				const orgId = await deps.ensureFirstOrg(tx);
				const userId = await insertUser(tx, { name, isAdmin: true });
				await join(tx, collect, { userId, name, orgId, role: 'owner', by: 'setup', client });
				return auth.sessions.createSession(tx, userId, client);
			});
		},
		async acceptInvitation(code, account, client) {
			auth.countAttempt(client);
			// Hashing is slow: it must not happen for a stranger without a link, nor inside the transaction.
			if (!(await auth.links.findLink(db, code, clock.now()))) throw auth.links.linkInvalid();
			checkName(account.name);
			if (!z.email().max(254).safeParse(account.email.trim()).success)
				throw new AppError('VALIDATION_ERROR', 'This is not an email address.');
			const passwordHash = await auth.passwords.hash(account.password);
			return events.transact(async (tx, collect) => {
				const link = await claim(tx, code, 'invitation');
				await inviterStillMay(tx, link);
				const { name } = account;
				const userId = await insertUser(tx, {
					name,
					email: account.email.trim().toLowerCase(),
					passwordHash
				});
				const orgId = link.orgId!;
				await join(tx, collect, {
					userId,
					name,
					orgId,
					role: link.role!,
					by: link.createdBy!,
					client
				});
				return auth.sessions.createSession(tx, userId, client);
			});
		},
		async acceptInvitationAs(actor, code) {
			if (actor.kind !== 'user')
				throw new AppError('FORBIDDEN', 'Only a person can accept an invitation.');
			auth.countAttempt({ ip: actor.ip });
			const orgId = await events.transact(async (tx, collect) => {
				const link = await claim(tx, code, 'invitation');
				await inviterStillMay(tx, link);
				await join(tx, collect, {
					userId: actor.id,
					name: actor.name,
					orgId: link.orgId!,
					role: link.role!,
					by: link.createdBy!,
					client: { ip: actor.ip, agent: null }
				});
				return link.orgId!;
			});
			auth.revocations.publish({ kind: 'membership', userId: actor.id, orgId });
			return { orgId };
		}
	};
}

function checkName(name: string): void {
	if (name.trim() === '')
		throw new AppError('VALIDATION_ERROR', 'Say what people should call you.');
}
