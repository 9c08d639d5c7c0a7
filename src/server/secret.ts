import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';

/** The deployment's key material: from the environment, or made once in the data directory with mode 0600. */
export function loadSecret(config: Pick<Config, 'secret' | 'dataDir' | 'inMemory'>): string {
	if (config.secret) return config.secret;
	if (config.inMemory) return randomBytes(32).toString('base64url');
	const file = join(config.dataDir, 'secret');
	if (existsSync(file)) return readFileSync(file, 'utf8').trim();
	mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
	const secret = randomBytes(32).toString('base64url');
	writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
	return secret;
}
