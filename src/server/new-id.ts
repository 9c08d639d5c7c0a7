import { randomBytes } from 'node:crypto';
import { uuidV7 } from '#domain/ids.ts';

/** A new UUIDv7: sortable by the time it was made. */
export function newId(now: Date = new Date()): string {
	return uuidV7(now.getTime(), randomBytes(10));
}
