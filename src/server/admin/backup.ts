// A backup is one tar.gz: a manifest, the embedded database, the key material, and the terminals' segment files.
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { packageVersion } from '#server/package-root.ts';
import { TAR_END, tarHeader, tarPadding } from './tar.ts';

export const BACKUP_FORMAT = 1;

export interface BackupFacts {
	path: string;
	bytes: number;
	files: number;
}

/**
 * Writes a backup, also while sessions run. Throws `CONFLICT` when the file exists, `INVALID_STATE` on PostgreSQL.
 * The database is copied first and segments are only ever appended to, so every byte its index names is in the copy.
 */
export async function writeBackup(
	deps: {
		database: Pick<Database, 'dump'>;
		config: Pick<Config, 'dataDir'>;
		clock: Pick<Clock, 'now'>;
	},
	path: string
): Promise<BackupFacts> {
	const { dataDir } = deps.config;
	const now = deps.clock.now();
	if (existsSync(path)) throw new AppError('CONFLICT', `${path} exists; choose another name.`);
	const dump = await deps.database.dump('none');
	if (!dump)
		throw new AppError(
			'INVALID_STATE',
			'This village uses PostgreSQL: back it up with pg_dump, and the terminals folder beside it.'
		);
	const part = `${path}.part`;
	let files = 0;

	async function* archive() {
		const manifest = { format: BACKUP_FORMAT, version: packageVersion(), at: now.toISOString() };
		yield* bytes('manifest.json', Buffer.from(`${JSON.stringify(manifest)}\n`));
		yield* bytes('db.tar', Buffer.from(dump!.buffer, dump!.byteOffset, dump!.byteLength));
		const secret = join(dataDir, 'secret');
		if (existsSync(secret)) yield* bytes('secret', readFileSync(secret));
		const terminals = join(dataDir, 'terminals');
		const entries = existsSync(terminals)
			? await readdir(terminals, { recursive: true, withFileTypes: true })
			: [];
		for (const entry of entries) {
			if (entry.isFile()) yield* file(join(entry.parentPath, entry.name));
		}
		yield TAR_END;
	}

	async function* bytes(name: string, content: Buffer) {
		files++;
		yield tarHeader({ name, size: content.length }, now);
		yield content;
		yield tarPadding(content.length);
	}

	async function* file(full: string) {
		const size = await stat(full).then(
			(found) => found.size,
			() => null
		);
		// Deleted by retention since the folder was listed.
		if (size === null) return;
		files++;
		yield tarHeader({ name: relative(dataDir, full).split(sep).join('/'), size }, now);
		let left = size;
		if (size > 0)
			for await (const chunk of createReadStream(full, { end: size - 1 })) {
				yield chunk as Buffer;
				left -= (chunk as Buffer).length;
			}
		if (left > 0) yield Buffer.alloc(left);
		yield tarPadding(size);
	}

	try {
		await pipeline(
			Readable.from(archive()),
			createGzip({ level: 6 }),
			createWriteStream(part, { flags: 'wx', mode: 0o600 })
		);
		await rename(part, path);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code !== 'EEXIST') await rm(part, { force: true });
		if (code === 'ENOENT' || code === 'EACCES' || code === 'EEXIST')
			throw new AppError('VALIDATION_ERROR', `${path} cannot be written (${code}).`);
		throw error;
	}
	return { path, bytes: (await stat(path)).size, files };
}
