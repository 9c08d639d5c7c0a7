import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bundle } from '#daemons/session-host/testing/bundle.ts';
import {
	connectRunner,
	makeFolder,
	openTestHost,
	startOf
} from '#daemons/session-host/testing/host.ts';
import { run } from './ask.ts';
import type { TestRunner } from '#daemons/session-host/testing/host.ts';

const program = bundle(
	'ask',
	`import { run } from '#cli/ask.ts'; process.exitCode = await run(process.argv.slice(2));`
);

function askIn(runner: TestRunner, args: string, more = '') {
	const start = startOf(
		`${more} "${process.execPath}" "${program()}" ${args}; echo "code $?;"; read x`
	);
	runner.client.send(start);
	const { sessionId, attempt, streamId } = start;
	return { ref: { sessionId, attempt }, streamId };
}

test('a process waits for its answer: allowed is 0, denied is 1', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	for (const [decision, effect, code] of [
		['allow', 'allowed', 0],
		['deny', 'denied', 1]
	] as const) {
		const { ref, streamId } = askIn(
			runner,
			`--action merge --details '{"prNumber":123}' --command 'git push' "Merge PR 123?"`
		);
		const asked = await runner.next('approval.request');
		expect(asked).toMatchObject({
			...ref,
			action: 'merge',
			kind: 'action',
			risk: 'high',
			generation: 1,
			summary: 'Merge PR 123?',
			details: { prNumber: 123 },
			command: 'git push',
			timeoutMs: 900_000
		});
		const { approvalId } = asked;
		const answer = { ...ref, approvalId, generation: 1 };
		// An older or newer generation is not this question.
		runner.client.send({ t: 'approval.decision', ...answer, generation: 2, decision: 'allow' });
		expect(await runner.next('approval.applied')).toMatchObject({
			effect: 'too_late',
			generation: 2
		});
		expect(runner.text(streamId)).not.toContain('code');
		runner.client.send({ t: 'approval.decision', ...answer, decision, message: 'because' });
		expect(await runner.next('approval.applied')).toMatchObject({ approvalId, effect });
		expect(await runner.see(streamId, 'code')).toContain(`because`);
		await runner.see(streamId, `code ${code};`);
		// Told again, it answers again and does nothing again, also when it is told the opposite.
		runner.client.send({ t: 'approval.decision', ...answer, decision: 'allow' });
		expect(await runner.next('approval.applied')).toMatchObject({ effect });
	}
});

test('a question survives the runner, and is told to the next one', async () => {
	const { socketPath } = await openTestHost();
	const first = await connectRunner(socketPath);
	const { ref, streamId } = askIn(first, '--action deploy "Deploy?"');
	const { approvalId } = await first.next('approval.request');
	first.client.close();
	const second = await connectRunner(socketPath);
	const told = second.client.welcome.sessions[0];
	expect(told?.asks).toMatchObject([{ approvalId, summary: 'Deploy?' }]);
	second.client.send({
		t: 'approval.decision',
		...ref,
		approvalId,
		generation: 1,
		decision: 'allow'
	});
	await second.next('approval.applied');
	second.client.close();
	const third = await connectRunner(socketPath);
	expect(third.client.welcome.sessions[0]).toMatchObject({
		asks: [],
		askOutcomes: [{ approvalId, generation: 1, effect: 'allowed' }]
	});
	third.client.send({ t: 'follow', streams: [{ streamId, kind: 1, offset: 0 }] });
	await third.see(streamId, 'code 0;');
});

test('an expired, a cancelled and an abandoned question allow nothing', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const expired = askIn(runner, '--action shell --timeout 1 "Run?"');
	const one = await runner.next('approval.request');
	expect(await runner.next('approval.withdrawn')).toMatchObject({ reason: 'expired' });
	await runner.see(expired.streamId, 'code 2;');
	runner.client.send({
		t: 'approval.decision',
		...expired.ref,
		approvalId: one.approvalId,
		generation: 1,
		decision: 'allow'
	});
	expect(await runner.next('approval.applied')).toMatchObject({ effect: 'too_late' });

	const cancelled = askIn(runner, '--action shell "Run?"');
	const two = await runner.next('approval.request');
	runner.client.send({
		t: 'approval.cancel',
		...cancelled.ref,
		approvalId: two.approvalId,
		generation: 1,
		reason: 'cancelled'
	});
	await runner.see(cancelled.streamId, 'code 2;');

	const interrupted = askIn(runner, '--action shell "Run?"', "trap '' INT;");
	await runner.next('approval.request');
	runner.client.input(interrupted.streamId, 0, Buffer.from('\x03'));
	expect(await runner.next('approval.withdrawn')).toMatchObject({ reason: 'process_gone' });
	await runner.see(interrupted.streamId, 'code 2;');

	const stopped = askIn(runner, '--action shell "Run?"');
	await runner.next('approval.request');
	runner.client.send({ t: 'stop', ...stopped.ref, cause: 'user', force: true });
	await runner.next('approval.withdrawn');
	await runner.next('exited');
});

test('outside a session, with a foreign token or with a wrong word, nothing is asked', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const outside = askIn(runner, '--action merge "Merge?"', 'unset VILLAGE_ASK_SOCKET;');
	expect(await runner.see(outside.streamId, 'code')).toContain('not a session of a village');
	await runner.see(outside.streamId, 'code 2;');
	const foreign = askIn(
		runner,
		'--action merge "Merge?"',
		'export VILLAGE_ASK_TOKEN=0123456789abcdef0123;'
	);
	await runner.see(foreign.streamId, 'code 2;');
	const nobody = askIn(runner, '--action merge "Merge?"', 'export VILLAGE_ASK_SOCKET=/nowhere;');
	await runner.see(nobody.streamId, 'code 2;');
	for (const args of [
		'--action bogus "Merge?"',
		'--action merge',
		'"Merge?"',
		'--action merge --timeout 0 "Merge?"',
		'--action merge --details "[1]" "Merge?"',
		'--action merge --details "{" "Merge?"',
		'--action merge --risk none "Merge?"',
		'--action merge --yes "Merge?"'
	]) {
		const wrong = askIn(runner, args);
		await runner.see(wrong.streamId, 'code 64;');
	}
	const help = askIn(runner, '--help');
	await runner.see(help.streamId, 'Usage: village ask');
	await runner.see(help.streamId, 'code 0;');
	expect(runner.told.some((one) => one.t === 'approval.request')).toBe(false);
}, 60_000);

test('a hostile line on the socket for questions is refused and harms nobody', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const { ref } = askIn(runner, '--action merge "Merge?"');
	const { approvalId } = await runner.next('approval.request');
	const say = (text: string) =>
		new Promise<string>((resolve) => {
			const socket = connect(`${socketPath}.ask`, () => socket.write(text));
			let answer = '';
			socket.on('data', (chunk) => (answer += String(chunk)));
			socket.on('close', () => resolve(answer));
			socket.on('error', () => undefined);
		});
	for (const text of [
		'garbage\n',
		'null\n',
		'{"t":"decision","decision":"allow"}\n',
		`{"t":"applied","approvalId":"${approvalId}"}\n{}\n`,
		'x'.repeat(100_000)
	]) {
		expect(await say(text)).toContain('BAD_REQUEST');
	}
	await sleep(50);
	const welcome = (await connectRunner(socketPath)).client.welcome;
	expect(welcome.sessions[0]).toMatchObject({ ...ref, asks: [{ approvalId }] });
});

test('a malformed, foreign or cut answer never allows', async () => {
	const path = `${makeFolder()}/a.sock`;
	let answer = (_id: string): string => '';
	const server = createServer((socket) => {
		socket.on('error', () => undefined);
		socket.once('data', (line) => socket.end(answer(JSON.parse(String(line)).approvalId)));
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	const saved = { ...process.env };
	Object.assign(process.env, {
		VILLAGE_ASK_SOCKET: path,
		VILLAGE_ASK_TOKEN: '0123456789abcdef',
		VILLAGE_SESSION_ID: 's1'
	});
	const pending = (id: string) =>
		`{"t":"pending","approvalId":"${id}","expiresAt":${Date.now() + 9e5}}\n`;
	for (const reply of [
		() => '',
		() => 'allow\n',
		() => '{"t":"decision","decision":"allow"}\n',
		() => '{"t":"decision","approvalId":"other","decision":"allow"}\n',
		(id: string) => `${pending(id)}{"t":"decision","approvalId":"${id}","decision":"yes"}\n`,
		(id: string) => `${pending(id)}{"t":"decision","approvalId":"${id}","decision":"allow"}`,
		(id: string) =>
			`${pending(id)}{"t":"ended","approvalId":"${id}","reason":"cancelled"}\n{"t":"decision","approvalId":"${id}","decision":"allow"}\n`,
		() => 'x'.repeat(200_000)
	]) {
		answer = reply;
		expect(await run(['--action', 'merge', 'Merge?'])).toBe(2);
	}
	answer = (id) => `${pending(id)}{"t":"decision","approvalId":"${id}","decision":"allow"}\n`;
	expect(await run(['--action', 'merge', 'Merge?'])).toBe(0);
	process.env = saved;
	server.close();
});
