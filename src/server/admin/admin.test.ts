import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, onTestFinished, test, inject } from 'vitest';
import { systemClock } from '#server/clock.ts';
import { orgs } from '#server/db/schema/accounts.ts';
import { openDatabase } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { writeBackup } from './backup.ts';
import { callAdmin } from './call.ts';
import { POINTER } from './paths.ts';
import { restoreBackup } from './restore.ts';
import { openAdminSocket } from './socket.ts';
import { readTar, TAR_END, tarHeader, tarPadding } from './tar.ts';
import { MAX_LINE, METHODS, type Handlers, type Method } from './wire.ts';

function folder(): string {
	const dir = mkdtempSync(join(tmpdir(), 'village-admin-'));
	onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
}

async function server(own: Partial<Handlers> = {}) {
	const dataDir = folder();
	const calls: { method: string; params: unknown }[] = [];
	const handlers = Object.fromEntries(
		(Object.keys(METHODS) as Method[]).map((method) => [
			method,
			(params: unknown) => {
				calls.push({ method, params });
				return Promise.resolve({ method });
			}
		])
	) as unknown as Handlers;
	const log = pino({ level: 'silent' });
	const admin = await openAdminSocket({ dataDir, handlers: { ...handlers, ...own }, log });
	onTestFinished(() => admin.close());
	return { dataDir, admin, calls };
}

/** Sends raw bytes and collects the lines that come back until the socket ends or `lines` are there. */
function raw(path: string, bytes: string | Buffer, lines: number): Promise<string[]> {
	return new Promise((resolve) => {
		const socket = createConnection(path, () => socket.write(bytes));
		let text = '';
		const done = () => {
			socket.destroy();
			resolve(text.split('\n').filter(Boolean));
		};
		socket.on('data', (chunk) => {
			text += String(chunk);
			if (text.split('\n').length > lines) done();
		});
		socket.on('error', done);
		socket.on('close', done);
	});
}

test('a command reaches the server of its data directory', async () => {
	const { dataDir, calls } = await server();
	const answer = await callAdmin(dataDir, 'token.create', { role: 'viewer', name: 'ci' });
	expect(answer).toEqual({ result: { method: 'token.create' } });
	expect(await callAdmin(dataDir, 'status')).toEqual({ result: { method: 'status' } });
	expect(calls).toEqual([
		{ method: 'token.create', params: { role: 'viewer', name: 'ci' } },
		{ method: 'status', params: {} }
	]);
});

test('only the owner of the data directory can open the socket', async () => {
	const { admin, dataDir } = await server();
	expect(statSync(admin.path).mode & 0o777).toBe(0o600);
	expect(statSync(join(admin.path, '..')).mode & 0o777).toBe(0o700);
	expect(statSync(join(dataDir, POINTER)).mode & 0o777).toBe(0o600);
	expect(Buffer.byteLength(admin.path)).toBeLessThan(104);
});

test('nothing answers where no server runs, also with a pointer left by a killed one', async () => {
	const dataDir = folder();
	expect(await callAdmin(dataDir, 'status')).toBeNull();
	writeFileSync(join(dataDir, POINTER), join(dataDir, 'gone.sock'));
	expect(await callAdmin(dataDir, 'status')).toBeNull();
});

test('a socket left by a killed server is replaced', async () => {
	const { dataDir, admin } = await server();
	const log = pino({ level: 'silent' });
	await admin.close();
	writeFileSync(admin.path, '');
	const handlers = { status: () => Promise.resolve('new') } as unknown as Handlers;
	const second = await openAdminSocket({ dataDir, handlers, log });
	expect(await callAdmin(dataDir, 'status')).toEqual({ result: 'new' });
	await second.close();
	expect(existsSync(join(dataDir, POINTER))).toBe(false);
});

test('known failures keep their code, others tell nothing', async () => {
	const { dataDir } = await server({
		backup: () => Promise.reject(new AppError('CONFLICT', 'exists')),
		status: () => Promise.reject(new Error('secret path'))
	});
	await expect(callAdmin(dataDir, 'backup', { path: '/x' })).rejects.toMatchObject({
		code: 'CONFLICT',
		message: 'exists'
	});
	await expect(callAdmin(dataDir, 'status')).rejects.toThrow('That failed; the log says why.');
});

const HOSTILE: [string, string, string][] = [
	['no JSON', '{"id":1,', 'VALIDATION_ERROR'],
	['an array', '[1,2]', 'VALIDATION_ERROR'],
	['no id', '{"method":"status"}', 'VALIDATION_ERROR'],
	['an id that is no number', '{"id":"1","method":"status"}', 'VALIDATION_ERROR'],
	['an unknown key', '{"id":1,"method":"status","x":1}', 'VALIDATION_ERROR'],
	['an unknown method', '{"id":1,"method":"drop"}', 'NOT_FOUND'],
	['a method of the prototype', '{"id":1,"method":"__proto__"}', 'NOT_FOUND'],
	['another method of it', '{"id":1,"method":"constructor"}', 'NOT_FOUND'],
	['missing parameters', '{"id":1,"method":"token.create"}', 'VALIDATION_ERROR'],
	[
		'an unknown role',
		'{"id":1,"method":"token.create","params":{"role":"root","name":"x"}}',
		'VALIDATION_ERROR'
	],
	[
		'an unknown parameter',
		'{"id":1,"method":"token.create","params":{"role":"owner","name":"x","y":1}}',
		'VALIDATION_ERROR'
	],
	['a relative path', '{"id":1,"method":"backup","params":{"path":"x"}}', 'VALIDATION_ERROR'],
	[
		'a path with a NUL',
		'{"id":1,"method":"backup","params":{"path":"/x\\u0000"}}',
		'VALIDATION_ERROR'
	]
];

test.each(HOSTILE)('%s is answered with an error and does nothing', async (_name, line, code) => {
	const { admin, calls } = await server();
	const [answer] = await raw(admin.path, `${line}\n`, 1);
	expect(JSON.parse(answer!)).toMatchObject({ error: { code } });
	expect(calls).toEqual([]);
	// The connection, and every other one, goes on.
	const lines = await raw(admin.path, `${line}\n{"id":7,"method":"status"}\n`, 2);
	expect(JSON.parse(lines[1]!)).toEqual({ id: 7, result: { method: 'status' } });
});

test('a line of more than 64 KiB ends the connection, with and without its end', async () => {
	const { admin, calls } = await server();
	for (const end of ['', '\n']) {
		const lines = await raw(admin.path, `"${'x'.repeat(MAX_LINE)}${end}`, 5);
		expect(lines).toHaveLength(1);
		expect(JSON.parse(lines[0]!).error.code).toBe('PAYLOAD_TOO_LARGE');
	}
	expect(calls).toEqual([]);
});

test('a client that vanishes or floods harms nobody', async () => {
	let release!: () => void;
	const held = new Promise<void>((resolve) => (release = resolve));
	const { admin, dataDir } = await server({ doctor: () => held });
	const flood = raw(admin.path, '{"id":1,"method":"doctor"}\n'.repeat(50), 34);
	const vanishing = createConnection(admin.path, () => {
		vanishing.write('{"id":1,"method":"doctor"}\n{"id":');
		setTimeout(() => vanishing.destroy(), 20);
	});
	const refused = (await flood).map((line) => JSON.parse(line));
	expect(refused.every((answer) => answer.error.code === 'RATE_LIMITED')).toBe(true);
	expect(await callAdmin(dataDir, 'status')).not.toBeNull();
	release();
});

test('whatever bytes come, the socket answers the next client', async () => {
	const { admin, dataDir } = await server();
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
			const socket = createConnection(admin.path);
			socket.on('error', () => {});
			await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
			socket.destroy();
			expect(await callAdmin(dataDir, 'status')).not.toBeNull();
		}),
		{ numRuns: 30 }
	);
});

test('an archive gives back what was put in, in chunks of any size', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 5 }),
			fc.integer({ min: 1, max: 700 }),
			async (contents, step) => {
				const parts: Buffer[] = contents.flatMap((content, i) => [
					tarHeader(
						{ name: `terminals/${'d'.repeat(120)}/${i}`, size: content.length },
						new Date(0)
					),
					Buffer.from(content),
					tarPadding(content.length)
				]);
				const whole = Buffer.concat([...parts, TAR_END]);
				async function* chunks() {
					for (let i = 0; i < whole.length; i += step) yield whole.subarray(i, i + step);
				}
				const found: Buffer[] = [];
				await readTar(chunks(), () => {
					const pieces: Buffer[] = [];
					return {
						write: (chunk) => void pieces.push(Buffer.from(chunk)),
						end: () => void found.push(Buffer.concat(pieces))
					};
				});
				expect(found).toEqual(contents.map((content) => Buffer.from(content)));
			}
		),
		{ numRuns: 40 }
	);
});

test('a backup brings back the database and the terminals, and keeps what was there', async () => {
	const dataDir = folder();
	const template = inject('databaseTemplate');
	const database = await openDatabase(
		{ databaseUrl: null, dataDir, inMemory: false },
		{ template }
	);
	await database.db.insert(orgs).values({ id: 'o1', name: 'Kept' });
	mkdirSync(join(dataDir, 'terminals/s1'), { recursive: true });
	writeFileSync(join(dataDir, 'terminals/s1/0.seg'), 'hello\n'.repeat(1000));
	writeFileSync(join(dataDir, 'terminals/s1/1.seg'), '');
	writeFileSync(join(dataDir, 'secret'), 'key material\n');
	const path = join(folder(), 'village.tgz');
	const backup = () => writeBackup({ database, config: { dataDir }, clock: systemClock }, path);
	expect(await backup()).toMatchObject({ path, files: 5 });
	expect(statSync(path).mode & 0o777).toBe(0o600);
	await expect(backup()).rejects.toMatchObject({ code: 'CONFLICT' });
	await database.db.insert(orgs).values({ id: 'o2', name: 'Later' });
	await expect(restoreBackup(dataDir, path)).rejects.toMatchObject({ name: 'DatabaseInUseError' });
	await database.close();
	writeFileSync(join(dataDir, 'terminals/s1/0.seg'), 'changed');

	const { aside } = await restoreBackup(dataDir, path);
	const again = await openDatabase({ databaseUrl: null, dataDir, inMemory: false }, { template });
	expect((await again.db.select().from(orgs)).map((org) => org.name)).toEqual(['Kept']);
	await again.close();
	expect(readFileSync(join(dataDir, 'terminals/s1/0.seg'), 'utf8')).toBe('hello\n'.repeat(1000));
	expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe('key material\n');
	expect(readFileSync(join(aside!, 'terminals/s1/0.seg'), 'utf8')).toBe('changed');
});

test('what is no backup, is cut short, or reaches outside changes nothing', async () => {
	const dataDir = folder();
	mkdirSync(join(dataDir, 'db'));
	writeFileSync(join(dataDir, 'db/PG_VERSION'), '17');
	const file = (content: Buffer) => {
		const path = join(folder(), 'x.tgz');
		writeFileSync(path, content);
		return path;
	};
	const entry = (name: string) =>
		gzipSync(Buffer.concat([tarHeader({ name, size: 0 }, new Date(0)), TAR_END]));
	for (const path of [
		join(dataDir, 'missing.tgz'),
		file(Buffer.from('hello')),
		file(gzipSync(Buffer.from('hello'))),
		file(gzipSync(TAR_END)),
		file(gzipSync(TAR_END).subarray(0, 12)),
		file(entry('../evil')),
		file(entry('terminals/../../evil')),
		file(entry('/etc/evil')),
		file(entry('manifest.json'))
	])
		await expect(restoreBackup(dataDir, path)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
	expect(readFileSync(join(dataDir, 'db/PG_VERSION'), 'utf8')).toBe('17');
	expect(existsSync(join(dataDir, '..', 'evil'))).toBe(false);
});
