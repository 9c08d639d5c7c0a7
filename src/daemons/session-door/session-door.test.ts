import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { AskRequest } from '#protocol/host/ask-line.ts';
import type { Told } from '#protocol/host/told.ts';
import { connectRunner, openTestHost, startOf } from '#daemons/session-host/testing/host.ts';
import { askPeople } from './ask.ts';
import { openTeller } from './tell.ts';

const ENV = 'echo "$VILLAGE_ASK_SOCKET|$VILLAGE_ASK_TOKEN|"; read x';

/** A session that waits, and the door its processes have. */
async function openSession(script = ENV) {
	const { socketPath, dir } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf(script);
	runner.client.send(start);
	const text = await runner.see(start.streamId, '|\r\n');
	const [, askSocket = '', token = ''] = /([^|\s]+)\|([^|]+)\|/.exec(text) ?? [];
	const door = { socketPath: askSocket, token, sessionId: start.sessionId };
	return { runner, start, door, dir, ref: { sessionId: start.sessionId, attempt: 1 } };
}

const said = (text: string): Told => ({ k: 'work', report: { kind: 'message', text } });

function requestOf(door: { token: string; sessionId: string }, more: Partial<AskRequest> = {}) {
	return {
		t: 'ask' as const,
		token: door.token,
		sessionId: door.sessionId,
		approvalId: 'ask-1',
		action: 'shell' as const,
		summary: 'Run it?',
		timeoutMs: 60_000,
		...more
	};
}

test('what a driver tells is kept as lines of the raw stream, in order', async () => {
	const { runner, start, door } = await openSession();
	const teller = openTeller(door);
	const told = Array.from({ length: 200 }, (_, i) => said(`line ${i}`));
	for (const one of told) teller.tell(one);
	await teller.flushed(10_000);
	teller.close();
	const text = await runner.see(start.streamId, 'line 199"}}\n', 3);
	expect(text).toBe(told.map((one) => `${JSON.stringify(one)}\n`).join(''));
	runner.client.input(start.streamId, 0, Buffer.from('\n'));
	const exited = await runner.next('exited');
	expect(exited.finalOffsets).toContainEqual({ kind: 3, offset: Buffer.byteLength(text) });
});

test('strangers, and lines that are none, are refused and harm nobody', async () => {
	const { runner, start, door } = await openSession();
	const teller = openTeller({ ...door, token: 'x'.repeat(43) });
	teller.tell(said('never'));
	await teller.flushed(10_000);
	for (const lines of [
		[{ t: 'line', text: 'before hello' }],
		[{ t: 'tell', token: door.token, sessionId: 'another' }],
		[
			{ t: 'tell', token: door.token, sessionId: door.sessionId },
			{ t: 'line', text: 'a\nb' }
		],
		[
			{ t: 'tell', token: door.token, sessionId: door.sessionId },
			{ t: 'line', text: 'x'.repeat(70_000) }
		],
		[{ t: 'tell', token: door.token, sessionId: door.sessionId }, requestOf(door)]
	]) {
		const socket = connect(door.socketPath);
		let text = '';
		socket.on('data', (chunk) => (text += String(chunk)));
		socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
		await new Promise((resolve) => socket.on('close', resolve));
		expect(text).toContain('"t":"error"');
	}
	expect(runner.bytes(start.streamId, 3).length).toBe(0);
	expect(runner.told.some((one) => one.t === 'approval.request')).toBe(false);
});

test('what is told after the end of the session is not kept and stops nobody', async () => {
	const { runner, start, door } = await openSession();
	const teller = openTeller(door);
	teller.tell(said('alive'));
	await teller.flushed(10_000);
	runner.client.input(start.streamId, 0, Buffer.from('\n'));
	await runner.next('exited');
	teller.tell(said('too late'));
	await teller.flushed(10_000);
	expect(runner.text(start.streamId, 3)).not.toContain('too late');
});

test('a question carries what it is about, and the answer what was chosen', async () => {
	const { runner, door, ref } = await openSession();
	const subject = {
		tool: 'Bash',
		command: 'npm test',
		diff: '--- a\n+++ b\n',
		paths: ['src/a.ts'],
		options: [{ id: 'once', label: 'Allow once' }]
	};
	const question = askPeople(door.socketPath, requestOf(door, subject));
	const { approvalId, generation, ...asked } = await runner.next('approval.request');
	expect(asked).toMatchObject({ ...subject, kind: 'command', risk: 'medium' });
	const about = { ...ref, approvalId, generation };
	const answer = { optionId: 'once', answer: { color: 'red' }, message: 'fine' };
	runner.client.send({ t: 'approval.decision', ...about, decision: 'allow', ...answer });
	expect(await question.outcome).toEqual({ outcome: 'allowed', ...answer });
	expect(await runner.next('approval.applied')).toMatchObject({ effect: 'allowed' });
});

test("an answer in the agent's own dialog settles the question as such", async () => {
	const { runner, door, ref } = await openSession();
	for (const effect of ['allowed', 'denied', 'indeterminate'] as const) {
		const approvalId = `ask-${effect}`;
		const question = askPeople(door.socketPath, requestOf(door, { approvalId }));
		await runner.next('approval.request');
		question.answeredElsewhere(effect);
		expect(await question.outcome).toMatchObject({ outcome: 'cancelled' });
		expect(await runner.next('approval.applied')).toMatchObject({
			...ref,
			approvalId,
			effect,
			by: 'terminal'
		});
		const late = { ...ref, approvalId, generation: 1, decision: 'allow' as const };
		runner.client.send({ t: 'approval.decision', ...late });
		expect(await runner.next('approval.applied')).toMatchObject({ effect });
	}
});
