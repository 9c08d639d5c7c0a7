// Puts a backup in the place of a data directory's database and terminals. What was there is moved aside, not deleted.
import { closeSync, createReadStream, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { migrate } from '#server/db/migrate.ts';
import { acquireLock } from '#server/db/lock.ts';
import { openDatabase } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { BACKUP_FORMAT } from './backup.ts';
import { readTar } from './tar.ts';

const Manifest = z.object({
	format: z.literal(BACKUP_FORMAT),
	version: z.string(),
	at: z.string()
});

const PARTS = ['db', 'terminals', 'secret'];

/**
 * Restores into `dataDir`, which no server may be using (`DatabaseInUseError`). A file that is no backup
 * is `VALIDATION_ERROR`, and then nothing has changed.
 * @returns when the backup was made, and where the former data lies now (null when there was none)
 */
export async function restoreBackup(
	dataDir: string,
	path: string
): Promise<{ at: string; aside: string | null }> {
	await mkdir(dataDir, { recursive: true, mode: 0o700 });
	const lock = acquireLock(join(dataDir, 'village.lock'));
	const incoming = await mkdtemp(join(dataDir, 'restore-'));
	try {
		await unpack(path, incoming);
		const manifest = Manifest.safeParse(await readManifest(join(incoming, 'manifest.json')));
		if (!manifest.success || !existsSync(join(incoming, 'db.tar')))
			throw new AppError('VALIDATION_ERROR', `${path} is not a backup of this version.`);
		// Opened before anything is moved: a backup that cannot be read must not cost the old data.
		const trial = await openDatabase(
			{ databaseUrl: null, dataDir: incoming, inMemory: false },
			{ template: join(incoming, 'db.tar') }
		);
		await migrate(trial).finally(() => trial.close());

		const had = PARTS.filter((part) => existsSync(join(dataDir, part)));
		const aside =
			had.length === 0
				? null
				: join(dataDir, `before-restore-${new Date().toISOString().replaceAll(':', '-')}`);
		if (aside) await mkdir(aside, { mode: 0o700 });
		for (const part of had) await rename(join(dataDir, part), join(aside!, part));
		for (const part of PARTS)
			if (existsSync(join(incoming, part))) await rename(join(incoming, part), join(dataDir, part));
		return { at: manifest.data.at, aside };
	} finally {
		await rm(incoming, { recursive: true, force: true });
		lock.release();
	}
}

async function readManifest(path: string): Promise<unknown> {
	try {
		return JSON.parse(await readFile(path, 'utf8'));
	} catch {
		return null;
	}
}

async function unpack(path: string, into: string): Promise<void> {
	try {
		const source = createReadStream(path);
		const plain = source.pipe(createGunzip());
		source.on('error', (error) => plain.destroy(error));
		await readTar(plain, ({ name }) => {
			const target = safePath(into, name);
			mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
			return fileSink(target);
		});
	} catch (error) {
		if (error instanceof AppError) throw error;
		throw new AppError('VALIDATION_ERROR', `${path} cannot be read: ${(error as Error).message}`);
	}
}

function fileSink(target: string) {
	let fd: number | null = null;
	return {
		write(chunk: Buffer) {
			fd ??= openSync(target, 'wx', 0o600);
			writeSync(fd, chunk);
		},
		end() {
			closeSync(fd ?? openSync(target, 'wx', 0o600));
		}
	};
}

/** Names that a backup has; anything else could write outside of the folder. */
function safePath(into: string, name: string): string {
	const known =
		['manifest.json', 'db.tar', 'secret'].includes(name) || name.startsWith('terminals/');
	if (!known || normalize(name) !== name || name.split('/').includes('..'))
		throw new AppError('VALIDATION_ERROR', `a backup does not hold "${name}"`);
	return join(into, name);
}
