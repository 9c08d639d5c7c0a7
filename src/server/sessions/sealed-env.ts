// A session's own variables at rest: AES-256-GCM under a key derived from the deployment's secret, deleted when it ends.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export interface EnvSeal {
	seal(env: Record<string, string>): Uint8Array;
	/** Throws when the bytes were changed or sealed under another secret. */
	open(sealed: Uint8Array): Record<string, string>;
}

export function createEnvSeal(secret: string): EnvSeal {
	const key = Buffer.from(hkdfSync('sha256', secret, '', 'agent-village session env', 32));
	return {
		seal(env) {
			const iv = randomBytes(12);
			const cipher = createCipheriv('aes-256-gcm', key, iv);
			const body = Buffer.concat([cipher.update(JSON.stringify(env), 'utf8'), cipher.final()]);
			return Buffer.concat([iv, cipher.getAuthTag(), body]);
		},
		open(sealed) {
			const bytes = Buffer.from(sealed);
			const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
			decipher.setAuthTag(bytes.subarray(12, 28));
			const body = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
			return JSON.parse(body.toString('utf8')) as Record<string, string>;
		}
	};
}
