// The signal that somebody lost access, so that open sockets end within seconds and caches forget at once.
import type { Actor } from './actor.ts';

export type Revocation =
	/** A login or API token ended. */
	| { kind: 'credential'; credentialId: string }
	/** Every credential of a person ended, or the person was disabled. */
	| { kind: 'user'; userId: string }
	/** A person's place in an org changed or ended; what was granted before no longer counts. */
	| { kind: 'membership'; userId: string; orgId: string }
	/** The org is gone. */
	| { kind: 'org'; orgId: string };

export interface Revocations {
	publish(revocation: Revocation): void;
	/** Calls back at every revocation, after its commit, until the returned function is called. */
	subscribe(callback: (revocation: Revocation) => void): () => void;
}

export function createRevocations(onError: (error: unknown) => void): Revocations {
	const listeners = new Set<(revocation: Revocation) => void>();
	return {
		publish(revocation) {
			for (const listener of listeners) {
				try {
					listener(revocation);
				} catch (error) {
					onError(error);
				}
			}
		},
		subscribe(callback) {
			listeners.add(callback);
			return () => listeners.delete(callback);
		}
	};
}

/**
 * Whether a revocation concerns an actor: whoever keeps a socket open for it must end it. After `membership`
 * the client may come back at once, with the grants it has now.
 */
export function concerns(revocation: Revocation, actor: Actor): boolean {
	switch (revocation.kind) {
		case 'credential':
			return actor.credentialId === revocation.credentialId;
		case 'user':
			return actor.kind !== 'system' && actor.id === revocation.userId;
		case 'membership':
			// Also when the org is new to them: what a socket knows of memberships is from its handshake.
			return actor.kind !== 'system' && actor.id === revocation.userId;
		case 'org':
			return actor.memberships.has(revocation.orgId);
	}
}
