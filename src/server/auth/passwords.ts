// Passwords: Argon2id, with the same work done for accounts that do not exist.
import { hash, verify, type Options } from '@node-rs/argon2';
import { AppError } from '#server/errors.ts';

/** Algorithm 2 is Argon2id; 19 MiB, two passes, one lane (OWASP's first recommendation). */
const ARGON2: Options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Characters, at least. */
export const MIN_PASSWORD_LENGTH = 10;
/** Bytes of UTF-8, at most: longer ones only cost time. */
export const MAX_PASSWORD_BYTES = 200;

/** Hashings at a time, each 19 MiB on a thread of libuv's pool; and callers that may wait for one. */
const MAX_AT_ONCE = 2;
const MAX_WAITING = 32;

export interface Passwords {
	/** Throws `VALIDATION_ERROR` when the password is too short or too long. */
	hash(password: string): Promise<string>;
	/** Whether the password is right. `stored` null (no such account, no password) costs the same time and is false. */
	verify(stored: string | null, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
	let running = 0;
	const waiting: (() => void)[] = [];
	let dummy: Promise<string> | null = null;

	async function gated<T>(work: () => Promise<T>): Promise<T> {
		if (running >= MAX_AT_ONCE) {
			if (waiting.length >= MAX_WAITING)
				throw new AppError('RATE_LIMITED', 'Too many sign-ins at once. Try again in a moment.', {
					retryAfterMs: 1000
				});
			await new Promise<void>((resolve) => waiting.push(resolve));
		} else running++;
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else running--;
		}
	}

	return {
		async hash(password) {
			checkPassword(password);
			return gated(() => hash(password.normalize('NFKC'), ARGON2));
		},
		async verify(stored, password) {
			if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
			const candidate = password.normalize('NFKC');
			dummy ??= gated(() => hash('nobody has this password', ARGON2));
			const against = stored ?? (await dummy);
			const right = await gated(() => verify(against, candidate, ARGON2));
			return right && stored !== null;
		}
	};
}

/** Throws `VALIDATION_ERROR` for a password that may not be set. */
export function checkPassword(password: string): void {
	if ([...password].length < MIN_PASSWORD_LENGTH)
		throw new AppError(
			'VALIDATION_ERROR',
			`Use a password of at least ${MIN_PASSWORD_LENGTH} characters.`
		);
	if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
		throw new AppError(
			'VALIDATION_ERROR',
			`Use a password of at most ${MAX_PASSWORD_BYTES} bytes.`
		);
}
