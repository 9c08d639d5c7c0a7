// Session tokens: a signed word that opens one session on `/ws` for an hour, and nothing else (control-plane.md 2.1).
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ID_PATTERN } from '#domain/ids.ts';
import type { Actor } from './actor.ts';

/** How long a session token counts at most. */
const LIFE_MS = 60 * 60_000;
/** Clocks of servers behind one address may differ by this much. */
const LEEWAY_MS = 30_000;
const ISSUER = 'agent-village';
const AUDIENCE = 'village';
/** `{"alg":"HS256","typ":"JWT"}`: exactly this header is taken, so that no token chooses how it is checked. */
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const MOST_CHARACTERS = 2_000;

const Claims = z.object({
	iss: z.literal(ISSUER),
	aud: z.literal(AUDIENCE),
	/** The user it lends something of. */
	sub: z.string().regex(ID_PATTERN),
	/** The login or API token it hangs on: revoked with it. */
	lid: z.string().min(1).max(128),
	scp: z.string().regex(/^session:[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}:(r|rw)$/),
	nbf: z.number().int(),
	exp: z.number().int()
});

/** What a session token lends. */
export interface SessionGrant {
	userId: string;
	/** The login or API token behind it. */
	credentialId: string;
	sessionId: string;
	/** Whether it may type; only as long as the person may. */
	write: boolean;
	expiresAt: Date;
}

export interface SessionTokens {
	issue(
		actor: Pick<Actor, 'id'> & { credentialId: string },
		sessionId: string,
		write: boolean,
		now: Date
	): { token: string; expiresAt: Date };
	/** What a token lends, or null for whatever reason it does not count. */
	read(token: string, now: Date): SessionGrant | null;
}

/** @param secret the deployment's secret; the signing key is derived from it and used for nothing else */
export function createSessionTokens(secret: string): SessionTokens {
	const key = Buffer.from(hkdfSync('sha256', secret, '', 'agent-village access tokens', 32));
	const sign = (text: string) => createHmac('sha256', key).update(text).digest();

	return {
		issue(actor, sessionId, write, now) {
			const nbf = Math.floor(now.getTime() / 1000);
			const exp = nbf + LIFE_MS / 1000;
			const claims: z.infer<typeof Claims> = {
				iss: ISSUER,
				aud: AUDIENCE,
				sub: actor.id,
				lid: actor.credentialId,
				scp: `session:${sessionId}:${write ? 'rw' : 'r'}`,
				nbf,
				exp
			};
			const body = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
			return {
				token: `${body}.${sign(body).toString('base64url')}`,
				expiresAt: new Date(exp * 1000)
			};
		},
		read(token, now) {
			if (token.length > MOST_CHARACTERS) return null;
			const [header, body, signature, ...rest] = token.split('.');
			if (header !== HEADER || !body || !signature || rest.length > 0) return null;
			const given = Buffer.from(signature, 'base64url');
			const right = sign(`${header}.${body}`);
			if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
			const claims = Claims.safeParse(parsed(body));
			if (!claims.success) return null;
			const { sub, lid, scp, nbf, exp } = claims.data;
			const at = now.getTime();
			if (at >= exp * 1000 + LEEWAY_MS || at < nbf * 1000 - LEEWAY_MS) return null;
			const end = scp.lastIndexOf(':');
			return {
				userId: sub,
				credentialId: lid,
				sessionId: scp.slice('session:'.length, end),
				write: scp.slice(end + 1) === 'rw',
				expiresAt: new Date(exp * 1000)
			};
		}
	};
}

function parsed(body: string): unknown {
	try {
		return JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
	} catch {
		return null;
	}
}
