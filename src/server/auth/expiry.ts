// What is open on a credential ends when the credential's time is over, as if somebody had revoked it.
import type { Clock } from '#server/clock.ts';
import type { Revocations } from './revocation.ts';

export interface Expiry {
	/** Notes until when a credential counts; a later time takes the place of an earlier one. */
	watch(credentialId: string, expiresAt: Date): void;
	close(): void;
}

/** How late an end may come; sockets are promised to end within five seconds. */
const EVERY_MS = 2_000;
/** Credentials watched: those that opened a socket or a subscription. Past that the one noted first is ended early. */
const MAX_WATCHED = 50_000;

/**
 * One timer for all of them. `stillUntil` says until when a credential counts by now: logins slide while they are used.
 */
export function createExpiry(deps: {
	clock: Clock;
	revocations: Revocations;
	stillUntil: (credentialId: string) => Promise<Date | null>;
	onError: (error: unknown) => void;
	everyMs?: number;
}): Expiry {
	const { clock, revocations } = deps;
	const watched = new Map<string, Date>();
	let sweeping = false;

	async function sweep(): Promise<void> {
		if (sweeping) return;
		sweeping = true;
		try {
			for (const [credentialId, at] of watched) {
				if (at > clock.now()) continue;
				const until = await deps.stillUntil(credentialId);
				if (until && until > clock.now()) watched.set(credentialId, until);
				else end(credentialId);
			}
		} catch (error) {
			deps.onError(error);
		} finally {
			sweeping = false;
		}
	}

	function end(credentialId: string): void {
		watched.delete(credentialId);
		revocations.publish({ kind: 'credential', credentialId });
	}

	const timer = setInterval(() => void sweep(), deps.everyMs ?? EVERY_MS);
	timer.unref();
	return {
		watch(credentialId, expiresAt) {
			watched.set(credentialId, expiresAt);
			if (watched.size > MAX_WATCHED) end(watched.keys().next().value!);
		},
		close: () => clearInterval(timer)
	};
}
