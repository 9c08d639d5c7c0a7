// Tokens made on the server's own machine, also before anybody owns the village.
import { and, asc, eq } from 'drizzle-orm';
import type { Role } from '#domain/permissions.ts';
import { systemActor } from '#server/auth/actor.ts';
import { audit } from '#server/audit/service.ts';
import { memberships, users } from '#server/db/schema/accounts.ts';
import type { Tx } from '#server/db/open.ts';
import { newId } from '#server/new-id.ts';
import type { OrgsDeps } from './service.ts';

export interface UserSummary {
	id: string;
	name: string;
	email: string | null;
	isAdmin: boolean;
	isService: boolean;
	disabled: boolean;
}

export interface CliTokens {
	/**
	 * A token with that role for whoever may read the data directory: of the first owner, or, before there is one,
	 * of a service user `cli-<role>` in the first org. The clear text is in the answer, once.
	 */
	cliToken(role: Role, name: string): Promise<{ token: string; userId: string }>;
	/** Everybody with an account, oldest first, at most 1000. */
	people(): Promise<UserSummary[]>;
}

export function openCliTokens({
	auth,
	clock,
	database: { db },
	ensureFirstOrg
}: OrgsDeps & { ensureFirstOrg: (tx: Tx) => Promise<string> }): CliTokens {
	/** The service user of a role, made when it is missing. */
	async function serviceUser(tx: Tx, role: Role): Promise<string> {
		const orgId = await ensureFirstOrg(tx);
		const name = `cli-${role}`;
		const [found] = await tx
			.select({ id: users.id })
			.from(users)
			.innerJoin(memberships, eq(memberships.userId, users.id))
			.where(and(eq(users.isService, true), eq(users.name, name), eq(memberships.orgId, orgId)));
		if (found) return found.id;
		const id = newId(clock.now());
		await tx.insert(users).values({ id, name, isService: true });
		await tx.insert(memberships).values({ orgId, userId: id, role });
		return id;
	}

	return {
		cliToken: (role, name) =>
			db.transaction(async (tx) => {
				const owner = await auth.firstOwner(tx);
				const userId = owner ? owner.id : await serviceUser(tx, role);
				const { token, clear } = await auth.tokens.createToken(tx, {
					userId,
					name,
					maxRole: role,
					now: clock.now()
				});
				await audit(tx, {
					orgId: null,
					actor: { ...systemActor('cli'), transport: 'cli' },
					action: 'token.create',
					target: { kind: 'token', id: token.id },
					detail: { role, userId },
					at: clock.now()
				});
				return { token: clear, userId };
			}),
		async people() {
			const rows = await db.select().from(users).orderBy(asc(users.createdAt)).limit(1000);
			return rows.map(({ id, name, email, isAdmin, isService, disabledAt }) => ({
				...{ id, name, email, isAdmin, isService },
				disabled: disabledAt !== null
			}));
		}
	};
}
