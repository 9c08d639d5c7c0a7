import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { encodeMark, MARK_BYTES } from '#protocol/host/mark.ts';
import { TERMINAL_KIND } from '#protocol/terminal/binary.ts';
import { terminalGaps, terminalInput, terminalSegments } from '#server/db/schema/sessions.ts';
import { closeSharedDatabase, fakePeer, person, testEngine, until } from './testing/engine.ts';

closeSharedDatabase();

const ref = (sessionId: string, attempt = 1, termBase = 0) => ({ sessionId, attempt, termBase });
const bytes = (length: number, seed = 1) => {
	const out = Buffer.alloc(length);
	let x = seed;
	for (let i = 0; i < length; i++) out[i] = 32 + ((x = (x * 1103515245 + 12345) & 0x7fffffff) % 90);
	return out;
};

test('bytes are acknowledged after they are in the file, and read back as they came', async () => {
	const { terminals, runner, session, dataDir } = await testEngine();
	const id = await session();
	expect(await terminals.heads(ref(id))).toEqual([1, 2, 3, 4].map((kind) => ({ kind, offset: 0 })));
	void terminals.receive(ref(id), 1, 0, Buffer.from('hello '), Date.now());
	void terminals.receive(ref(id), 1, 6, Buffer.from('world'), Date.now());
	expect(runner.acked.size).toBe(0);
	await until(() => runner.acked.get(`${id}/1/1`) === 11);
	const [file] = readdirSync(join(dataDir, 'terminals', id));
	expect(readFileSync(join(dataDir, 'terminals', id, file!), 'utf8')).toBe('hello world');
	const read = await terminals.read(id, 6, 100);
	expect(read).toMatchObject({ offset: 6, nextOffset: 11, firstOffset: 0, headOffset: 11 });
	expect(read.data.toString()).toBe('world');
});

test('a secret is masked in what is kept, also when it came in pieces, over two files, and over a restart', async () => {
	const engine = await testEngine({ segmentBytes: 30, writeMs: 0 });
	const id = await engine.session();
	const token = ['ghp', 'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ'].join('_');
	const text = `$ env | grep GH\r\nGH=${token}\r\n$ `;
	await engine.terminals.heads(ref(id));
	const peer = fakePeer();
	await engine.terminals.attach(id, peer, person('watcher', false), { from: 0, exact: true }, 1);
	let now = engine;
	for (let at = 0; at < text.length; at += 9) {
		if (at === 36) {
			await now.terminals.close();
			now = now.again();
			await now.terminals.heads(ref(id));
		}
		void now.terminals.receive(ref(id), 1, at, Buffer.from(text.slice(at, at + 9)), 0);
		await until(() => now.runner.acked.get(`${id}/1/1`) === Math.min(at + 9, text.length));
	}
	await now.terminals.close();
	const masked = text.replace(token, `ghp_${'*'.repeat(36)}`);
	const later = now.again();
	const parts: Buffer[] = [];
	for await (const part of later.terminals.raw(id)) parts.push(part);
	expect(Buffer.concat(parts).toString()).toBe(masked);
	const folder = join(engine.dataDir, 'terminals', id);
	for (const file of readdirSync(folder))
		expect(readFileSync(join(folder, file), 'latin1')).not.toContain(token.slice(-6));
	expect(peer.bytes().toString(), 'those who watch see what is printed').toContain(
		text.slice(0, 36)
	);
});

test('overlap is dropped, a hole is asked for once, and a repeated frame is acknowledged again', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	const take = (offset: number, text: string) =>
		void terminals.receive(ref(id), 1, offset, Buffer.from(text), 0);
	take(0, 'abcd');
	take(2, 'cdef');
	take(8, 'ij');
	take(10, 'kl');
	expect(runner.wants).toEqual([{ kind: 1, expected: 6 }]);
	take(6, 'ghijkl');
	await until(() => runner.acked.get(`${id}/1/1`) === 12);
	runner.acked.clear();
	take(0, 'abcd');
	expect(runner.acked.get(`${id}/1/1`)).toBe(12);
	expect((await terminals.read(id, 0, 100)).data.toString()).toBe('abcdefghijkl');
});

test('the first byte kept is known before anything is in a file, also with a loss behind it', async () => {
	const { terminals, session } = await testEngine({ writeMs: 60_000 });
	const id = await session();
	await terminals.heads(ref(id));
	void terminals.receive(ref(id), 1, 0, Buffer.from('ab'), 0);
	await terminals.gap(ref(id), 1, 2, 10, 'disk');
	void terminals.receive(ref(id), 1, 10, Buffer.from('cd'), 0);
	expect(await terminals.extent(id)).toEqual({ firstOffset: 0, nextOffset: 12 });
	expect(await terminals.read(id, 0, 100)).toMatchObject({ data: Buffer.from('ab'), offset: 0 });
});

/** The file of terminal bytes that begins last. */
function newestSegment(folder: string): { path: string; start: number } {
	const segments = readdirSync(folder)
		.filter((file) => file.startsWith('1.'))
		.map((file) => ({ path: join(folder, file), start: Number(file.split('.')[3]) }));
	return segments.toSorted((a, b) => b.start - a.start)[0]!;
}

test('after a kill the next server goes on exactly where the files end', async () => {
	const engine = await testEngine({ segmentBytes: 5_000, writeMs: 0 });
	const id = await engine.session();
	const source = bytes(60_000);
	await engine.terminals.heads(ref(id));
	let now = engine;
	let sent = 0;
	let acked = 0;
	for (let round = 0; round < 8; round++) {
		const [head] = await now.terminals.heads(ref(id));
		expect(head!.offset).toBeLessThanOrEqual(sent);
		expect(head!.offset).toBeGreaterThanOrEqual(acked);
		sent = head!.offset;
		for (let i = 0; i < 20 && sent < source.length; i++) {
			const piece = source.subarray(sent, sent + 397);
			void now.terminals.receive(ref(id), 1, sent, piece, 0);
			sent += piece.length;
			if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		acked = now.runner.acked.get(`${id}/1/1`) ?? acked;
		// This engine lives on, and a killed one writes nothing later: it is let finish, and what was not acknowledged when it
		// "died" is cut off somewhere, as if it had not come to the disk.
		await until(() => now.terminals.stats.persistQueueBytes === 0);
		const last = newestSegment(join(engine.dataDir, 'terminals', id));
		truncateSync(
			last.path,
			Math.max(acked, sent - ((round * 397) % 1_200), last.start) - last.start
		);
		now = now.again();
	}
	const [head] = await now.terminals.heads(ref(id));
	void now.terminals.receive(ref(id), 1, head!.offset, source.subarray(head!.offset), 0);
	await until(() => now.runner.acked.get(`${id}/1/1`) === source.length);
	const parts: Buffer[] = [];
	for await (const part of now.terminals.raw(id)) parts.push(part);
	expect(Buffer.concat(parts).equals(source)).toBe(true);
});

test('an index that a crash tore is put right from the files', async () => {
	const engine = await testEngine({ segmentBytes: 1_000 });
	const id = await engine.session();
	await engine.terminals.heads(ref(id));
	for (let i = 0; i < 10; i++) {
		void engine.terminals.receive(ref(id), 1, i * 500, bytes(500, i + 1), 0);
		await until(() => engine.runner.acked.get(`${id}/1/1`) === (i + 1) * 500);
	}
	await engine.terminals.close();
	const { db } = engine.database;
	const rows = () =>
		db
			.select()
			.from(terminalSegments)
			.where(eq(terminalSegments.sessionId, id))
			.orderBy(terminalSegments.startOffset);
	const good = await rows();
	expect(good.map((row) => [row.startOffset, row.endOffset])).toEqual([
		[0, 1000],
		[1000, 2000],
		[2000, 3000],
		[3000, 4000],
		[4000, null]
	]);
	await db
		.delete(terminalSegments)
		.where(and(eq(terminalSegments.sessionId, id), eq(terminalSegments.startOffset, 1000)));
	await db
		.update(terminalSegments)
		.set({ endOffset: null })
		.where(and(eq(terminalSegments.sessionId, id), eq(terminalSegments.startOffset, 2000)));
	await db.insert(terminalSegments).values({ ...good[0]!, startOffset: 777, file: 'none' });
	const next = engine.again();
	expect((await next.terminals.heads(ref(id)))[0]).toEqual({ kind: 1, offset: 5000 });
	await next.terminals.close();
	expect((await rows()).map((row) => [row.startOffset, row.endOffset])).toEqual(
		good.map((row) => [row.startOffset, row.endOffset])
	);
});

test('the oldest segments go when a session keeps more than it may', async () => {
	const { terminals, runner, session } = await testEngine({
		segmentBytes: 1_000,
		keepTerminalBytes: 5_000
	});
	const id = await session();
	await terminals.heads(ref(id));
	const source = bytes(20_000);
	for (let at = 0; at < source.length; at += 500) {
		void terminals.receive(ref(id), 1, at, source.subarray(at, at + 500), 0);
		await until(() => runner.acked.get(`${id}/1/1`) === at + 500);
	}
	const read = await terminals.read(id, 0, 262_144);
	expect(read.firstOffset).toBeGreaterThanOrEqual(14_000);
	expect(read.offset).toBe(read.firstOffset);
	expect(read.data.equals(source.subarray(read.firstOffset))).toBe(true);
});

test('a declared loss is kept, seen by viewers and survives a restart', async () => {
	const engine = await testEngine();
	const id = await engine.session();
	await engine.terminals.heads(ref(id));
	const peer = fakePeer();
	await engine.terminals.attach(id, peer, person('ada'), { exact: true }, 1);
	void engine.terminals.receive(ref(id), 1, 0, Buffer.from('before'), 0);
	await engine.terminals.gap(ref(id), 1, 6, 106, 'spool_limit');
	await engine.terminals.gap(ref(id), 1, 6, 106, 'spool_limit');
	void engine.terminals.receive(ref(id), 1, 106, Buffer.from('after'), 0);
	await until(() => engine.runner.acked.get(`${id}/1/1`) === 111);
	expect(peer.of('gap')).toEqual([
		{ t: 'gap', stream: expect.any(Number), from: 6, to: 106, reason: 'spool_limit' }
	]);
	expect(peer.bytes().toString()).toBe('beforeafter');
	const next = engine.again();
	expect((await next.terminals.heads(ref(id)))[0]).toEqual({ kind: 1, offset: 111 });
	expect((await next.terminals.read(id, 0, 100)).gaps).toEqual([
		{ from: 6, to: 106, reason: 'spool_limit' }
	]);
	const rows = await engine.database.db
		.select()
		.from(terminalGaps)
		.where(eq(terminalGaps.sessionId, id));
	expect(rows).toHaveLength(1);
});

test('a loss declared before the bytes in front of it came waits for them', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	await terminals.gap(ref(id), 1, 4, 10, 'disk');
	void terminals.receive(ref(id), 1, 0, Buffer.from('abcd'), 0);
	void terminals.receive(ref(id), 1, 10, Buffer.from('klm'), 0);
	await until(() => runner.acked.get(`${id}/1/1`) === 13);
	expect(runner.wants).toEqual([]);
});

test('offsets go on over attempts, and an attempt that was superseded changes nothing', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	void terminals.receive(ref(id), 1, 0, Buffer.from('first'), 0);
	await until(() => runner.acked.get(`${id}/1/1`) === 5);
	const base = await terminals.nextBase(id);
	expect(base).toBe(5);
	expect((await terminals.heads(ref(id, 2, base)))[0]).toEqual({ kind: 1, offset: 0 });
	void terminals.receive(ref(id, 2, base), 1, 0, Buffer.from('second'), 0);
	void terminals.receive(ref(id, 1, 0), 1, 5, Buffer.from('stale'), 0);
	await until(() => runner.acked.get(`${id}/2/1`) === 6);
	expect((await terminals.read(id, 0, 100)).data.toString()).toBe('firstsecond');
});

test('the transcript replays with the times and sizes of the marks', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	const t0 = 1_800_000_000_000;
	const marks = Buffer.concat([
		encodeMark({ type: 'resize', at: t0, offset: 0, cols: 100, rows: 30 }),
		encodeMark({ type: 'time', at: t0 + 250, offset: 3, cols: 100, rows: 30 }),
		encodeMark({ type: 'resize', at: t0 + 1_500, offset: 6, cols: 120, rows: 40 }),
		encodeMark({ type: 'time', at: t0 + 2_000, offset: 6, cols: 120, rows: 40 })
	]);
	// Cut in the middle of a record.
	void terminals.receive(ref(id), 4, 0, marks.subarray(0, 33), 0);
	void terminals.receive(ref(id), 4, 33, marks.subarray(33), 0);
	void terminals.receive(ref(id), 1, 0, Buffer.from('abc€def'), 0);
	await until(() => runner.acked.get(`${id}/1/1`) === 9);
	await until(() => runner.acked.get(`${id}/1/4`) === 4 * MARK_BYTES);
	let cast = '';
	for await (const part of terminals.asciicast(id, 'A title')) cast += part.toString();
	const [header, ...events] = cast
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line) as unknown);
	expect(header).toEqual({
		version: 2,
		width: 100,
		height: 30,
		timestamp: t0 / 1000,
		title: 'A title'
	});
	expect(events).toEqual([
		[0, 'o', 'abc'],
		[0.25, 'o', '€'],
		[1.5, 'r', '120x40'],
		[2, 'o', 'def']
	]);
});

test('the plain transcript is what a person would have read', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	const raw = '\x1b]0;title\x07\x1b[1mone\x1b[0m\r\n10%\r50%\r100%\x1b[K\r\ntwp\bo\r\nlast';
	void terminals.receive(ref(id), 1, 0, Buffer.from(raw), 0);
	await until(() => runner.acked.get(`${id}/1/1`) === raw.length);
	let text = '';
	for await (const part of terminals.plainText(id)) text += part.toString();
	expect(text).toBe('one\n100%\ntwo\nlast\n');
});

test('the process ends for viewers after its last byte, with the proof that it is the last', async () => {
	const { terminals, session } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	const peer = fakePeer();
	await terminals.attach(id, peer, person('ada'), {}, 1);
	void terminals.receive(ref(id), 1, 0, Buffer.from('bye'), 0);
	const ended = terminals.ended(ref(id), 8, { code: 3, signal: null });
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(peer.of('exit')).toEqual([]);
	void terminals.receive(ref(id), 1, 3, Buffer.from(' all!'), 0);
	expect(await ended).toBe(true);
	expect(peer.of('exit')).toMatchObject([{ offset: 8, code: 3, signal: null }]);
	expect(peer.of('phase')).toMatchObject([{ phase: 'ended' }]);
	const late = fakePeer();
	await terminals.attach(id, late, person('bob'), { from: 8 }, 2);
	expect(late.of('exit')).toMatchObject([{ offset: 8, code: 3 }]);
});

test('an end whose last bytes never come does not wait for ever', async () => {
	const { terminals, session } = await testEngine({ endWaitMs: 30 });
	const id = await session();
	await terminals.heads(ref(id));
	expect(await terminals.ended(ref(id), 100, { code: null, signal: 'SIGKILL' })).toBe(false);
});

test('a session is expired without a trace, and says so to who looks at it', async () => {
	const engine = await testEngine();
	const { terminals, session, database, dataDir } = engine;
	const id = await session();
	await terminals.heads(ref(id));
	const peer = fakePeer();
	await terminals.attach(id, peer, person('ada'), {}, 1);
	void terminals.receive(ref(id), 1, 0, Buffer.from('data'), 0);
	await terminals.linked(ref(id), 0);
	await terminals.acceptInput(id, Buffer.from('x'), person('ada'));
	await terminals.expire(id);
	await terminals.expire(id);
	expect(peer.of('detached')).toMatchObject([{ code: 'SESSION_DATA_EXPIRED' }]);
	expect(readdirSync(join(dataDir, 'terminals'))).toEqual([]);
	const { db } = database;
	for (const table of [terminalSegments, terminalGaps, terminalInput])
		expect(await db.select().from(table).where(eq(table.sessionId, id))).toEqual([]);
});

test('when more waits to be written than may, the caller is told to stop reading, and later to go on', async () => {
	const { terminals, session } = await testEngine({ persistQueueBytes: 100_000 });
	const id = await session();
	await terminals.heads(ref(id));
	let told: Promise<void> | null = null;
	let at = 0;
	while (!told && at < 1_000_000) {
		told = terminals.receive(ref(id), 1, at, bytes(10_000), 0);
		at += 10_000;
	}
	expect(at).toBe(110_000);
	await told;
	expect(terminals.stats.persistQueueBytes).toBeLessThanOrEqual(50_000);
});

test('bytes for a session that does not exist are dropped without harm', async () => {
	const { terminals } = await testEngine();
	await terminals.receive(ref('nobody'), 1, 0, Buffer.from('x'), 0);
	await expect(terminals.heads(ref('nobody'))).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

test('a snapshot comes before any byte after it', async () => {
	const { terminals, session, runner } = await testEngine();
	const id = await session();
	await terminals.heads(ref(id));
	void terminals.receive(ref(id), 1, 0, Buffer.from('old text\r\n'), 0);
	await until(() => runner.acked.get(`${id}/1/1`) === 10);
	const peer = fakePeer();
	const attached = terminals.attach(id, peer, person('ada'), {}, 1);
	for (let i = 0; i < 5; i++) void terminals.receive(ref(id), 1, 10 + i, Buffer.from(String(i)), 0);
	await attached;
	await until(() => peer.frames.some((frame) => frame.payload.toString().includes('4')));
	const [first, ...rest] = peer.frames;
	expect(first!.kind).toBe(TERMINAL_KIND.snapshot);
	let at = first!.offset;
	for (const frame of rest) {
		expect(frame.kind).toBe(TERMINAL_KIND.output);
		expect(frame.offset).toBe(at);
		at += frame.payload.length;
	}
	expect(at).toBe(15);
});
