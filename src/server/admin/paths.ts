// Where the admin socket lies. Paths of Unix sockets are short (about 100 bytes), data directories are not.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** File in the data directory that holds the socket's path. */
export const POINTER = 'admin-socket';

/**
 * The folder for sockets of this user, made with mode 0700. Throws when somebody else made it first:
 * in a shared /tmp that would hand them the keys.
 */
export function socketDir(): string {
	const uid = userInfo().uid;
	const dir = join(realpathSync(tmpdir()), `agent-village-${uid}`);
	mkdirSync(dir, { recursive: true, mode: 0o700 });
	const stat = lstatSync(dir);
	const mine = stat.isDirectory() && (uid < 0 || (stat.uid === uid && (stat.mode & 0o077) === 0));
	if (!mine) throw new Error(`${dir} must be a folder that only you can open (mode 0700)`);
	return dir;
}

/** The socket of a data directory: the same for every process, so that a stale one is replaced. */
export function socketPath(dataDir: string): string {
	const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
	return join(socketDir(), `admin-${name}.sock`);
}
