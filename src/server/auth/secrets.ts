// Opaque secrets: 32 random bytes, shown once, stored only as SHA-256 (control-plane.md 2.1).
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new secret: 32 random bytes as 43 characters of base64url. */
export function newSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** Shape of `newSecret`, to turn hopeless input away before any hashing or look-up. */
export const SECRET_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** SHA-256 as 64 hexadecimal digits: what is stored of a secret. */
export function hashSecret(secret: string): string {
	return createHash('sha256').update(secret).digest('hex');
}

/** Compares two digests in constant time. */
export function sameHash(a: string, b: string): boolean {
	const left = Buffer.from(a);
	const right = Buffer.from(b);
	return left.length === right.length && timingSafeEqual(left, right);
}
