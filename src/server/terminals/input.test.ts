import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { terminalInput } from '#server/db/schema/sessions.ts';
import { closeSharedDatabase, fakePeer, person, testEngine, until } from './testing/engine.ts';

closeSharedDatabase();

const ref = (sessionId: string, attempt = 1) => ({ sessionId, attempt, termBase: 0 });
const ada = person('ada');

test('stored input is sent after it is committed, and forgotten when it is taken', async () => {
	const { terminals, runner, session, database } = await testEngine();
	const id = await session();
	await terminals.linked(ref(id), 0);
	const rows = () =>
		database.db.select().from(terminalInput).where(eq(terminalInput.sessionId, id));
	expect(await terminals.acceptInput(id, Buffer.from('one'), ada)).toEqual({ offset: 3 });
	expect(await terminals.acceptInput(id, Buffer.from('two'), ada)).toEqual({ offset: 6 });
	expect(runner.inputs).toEqual([
		{ attempt: 1, offset: 0, data: 'one' },
		{ attempt: 1, offset: 3, data: 'two' }
	]);
	expect(await rows()).toHaveLength(2);
	terminals.inputAcknowledged(id, 1, 6);
	await expect.poll(rows).toHaveLength(0);
});

test('input while the runner is away waits, and is sent from where the runner is', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.linked(ref(id), 0);
	await terminals.acceptInput(id, Buffer.from('abc'), ada);
	terminals.unlinked(id);
	await terminals.acceptInput(id, Buffer.from('def'), ada);
	expect(runner.inputs).toHaveLength(1);
	// The runner had taken two bytes when the link broke.
	await terminals.linked(ref(id), 2);
	expect(runner.inputs.slice(1)).toEqual([
		{ attempt: 1, offset: 2, data: 'c' },
		{ attempt: 1, offset: 3, data: 'def' }
	]);
});

test('after a kill stored input is sent exactly once, also behind keys that died with the server', async () => {
	const engine = await testEngine();
	const id = await engine.session();
	await engine.terminals.linked(ref(id), 0);
	const peer = fakePeer();
	const viewer = await engine.terminals.attach(id, peer, ada, {}, 1);
	viewer.keyboard('request');
	viewer.type(4, Buffer.from('keys'));
	await engine.terminals.acceptInput(id, Buffer.from('stored'), ada);
	await engine.terminals.acceptInput(id, Buffer.from('more'), ada);
	expect(engine.runner.inputs.map((input) => input.offset)).toEqual([0, 4, 10]);

	// Only two of the keys had arrived; the other two are gone with the server.
	const next = engine.again();
	await next.terminals.linked(ref(id), 2);
	expect(next.runner.inputs).toEqual([
		{ attempt: 1, offset: 2, data: 'stored' },
		{ attempt: 1, offset: 8, data: 'more' }
	]);

	// Killed again, after the runner took the first and half of the second.
	const third = engine.again();
	await third.terminals.linked(ref(id), 10);
	expect(third.runner.inputs).toEqual([{ attempt: 1, offset: 10, data: 're' }]);
});

test('keys and stored input share one order', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.linked(ref(id), 0);
	const viewer = await terminals.attach(id, fakePeer(), ada, {}, 1);
	viewer.keyboard('request');
	const stored = terminals.acceptInput(id, Buffer.from('SS'), ada);
	await until(() => terminals.stats.viewers === 1);
	viewer.type(1, Buffer.from('k'));
	await stored;
	viewer.type(2, Buffer.from('l'));
	let at = 0;
	for (const input of runner.inputs) {
		expect(input.offset).toBe(at);
		at += input.data.length;
	}
	expect(at).toBe(4);
});

test('too much waiting input is refused whole, and so is input to what takes none', async () => {
	const { terminals, session } = await testEngine();
	const id = await session();
	await terminals.linked(ref(id), 0);
	await expect(terminals.acceptInput(id, Buffer.alloc(65_537), ada)).rejects.toMatchObject({
		code: 'PAYLOAD_TOO_LARGE'
	});
	await terminals.acceptInput(id, Buffer.alloc(60_000), ada);
	await expect(terminals.acceptInput(id, Buffer.alloc(6_000), ada)).rejects.toMatchObject({
		code: 'TERMINAL_BACKPRESSURE'
	});
	terminals.inputAcknowledged(id, 1, 60_000);
	await terminals.acceptInput(id, Buffer.alloc(6_000), ada);
	terminals.setPhase(id, 'paused');
	await expect(terminals.acceptInput(id, Buffer.from('x'), ada)).rejects.toMatchObject({
		code: 'SESSION_PAUSED'
	});
	const over = await session({ state: 'COMPLETED' });
	await expect(terminals.acceptInput(over, Buffer.from('x'), ada)).rejects.toMatchObject({
		code: 'INVALID_STATE'
	});
});

test('a new attempt begins with no input of the old one', async () => {
	const { terminals, runner, session } = await testEngine();
	const id = await session();
	await terminals.linked(ref(id), 0);
	await terminals.acceptInput(id, Buffer.from('old'), ada);
	await terminals.linked(ref(id, 2), 0);
	await terminals.acceptInput(id, Buffer.from('new'), ada);
	expect(runner.inputs.at(-1)).toEqual({ attempt: 2, offset: 0, data: 'new' });
	expect(runner.inputs).toHaveLength(2);
});
