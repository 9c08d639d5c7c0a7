import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ScenarioInput } from '#protocol/runner/scenario.ts';
import { standIn } from '../drive/acp/testing/stand-in.ts';
import { bundle } from '../session-host/testing/bundle.ts';
import { openStateDir } from './state-dir.ts';
import { openControlPlane } from './testing/control-plane.ts';
import { makeFolder, openHostFor, startFrame, startRunner } from './testing/runner.ts';

const village = bundle(
	'village',
	`import { run as ask } from '#cli/ask.ts';
		import { run as acp } from '#cli/acp.ts';
		import { run as scripted } from '#cli/scripted-agent.ts';
		import { runRunner } from '#daemons/runner/run.ts';
		const [command, ...rest] = process.argv.slice(2);
		if (command === 'ask') process.exitCode = await ask(rest);
		else if (command === 'acp') process.exitCode = await acp(rest);
		else if (command === 'scripted-agent') process.exitCode = await scripted(rest);
		else {
			const abort = new AbortController();
			process.on('SIGTERM', () => abort.abort());
			const end = await runRunner({
				dataDir: rest[0],
				program: [process.execPath, process.argv[1]],
				hostProgram: () => [process.execPath, '-e', 'process.exit(9)'],
				signal: abort.signal,
				version: '0.0.0-test',
				timings: { backoffBaseMs: 20, backoffCapMs: 100 }
			});
			process.exitCode = end.exitCode;
		}`
);

test('a scripted agent reports what it did, asks through the real program, and is answered', async () => {
	const plane = await openControlPlane();
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	startRunner(plane, dataDir, { program: [process.execPath, village()] });
	const scenario: ScenarioInput = {
		speed: 0,
		steps: [
			{ do: 'write', path: 'a.txt', content: 'x\n' },
			{ do: 'ask', action: 'merge', summary: 'Merge PR 123?', onDeny: 'exit' },
			{ do: 'ask', action: 'deploy', summary: 'Deploy it?', onDeny: 'exit' },
			{ do: 'exit', code: 9 }
		]
	};
	const start = startFrame('s-play', { providerId: 'scripted', scenario });
	plane.send(start);
	const about = { sessionId: 's-play', attempt: 1 };
	const first = await plane.next('approval.request');
	expect(first).toMatchObject({
		...about,
		action: 'merge',
		summary: 'Merge PR 123?',
		generation: 1
	});
	const answer = { t: 'approval.decision' as const, ...about, generation: 1, by: 'user' as const };
	plane.send({ ...answer, approvalId: first.approvalId, decision: 'allow' });
	expect(await plane.next('approval.applied')).toMatchObject({ effect: 'allowed' });
	const second = await plane.next('approval.request');
	plane.drop(0);
	await expect.poll(() => plane.hellos.length).toBe(2);
	expect(plane.hellos[1]!.pendingApprovals).toEqual([
		{ approvalId: second.approvalId, generation: 1, ...about }
	]);
	plane.send({ ...answer, approvalId: second.approvalId, decision: 'deny', message: 'Not today' });
	expect(await plane.next('session.exited')).toMatchObject({ code: 1 });
	const kinds = plane.frames.flatMap((frame) =>
		frame.t === 'session.work' ? [frame.event.kind] : []
	);
	expect(kinds).toEqual(['session_start', 'file_create', 'status_change', 'status_change']);
	expect(plane.text(start.streamId)).toContain('Not today');
});

test.each(['allow', 'deny'] as const)(
	'any agent of the protocol is driven by a command, its question answered with %s and its work told',
	async (decision) => {
		const plane = await openControlPlane();
		const dataDir = makeFolder();
		await openHostFor(dataDir);
		startRunner(plane, dataDir, { program: [process.execPath, village()] });
		const folder = makeFolder();
		const agent = join(folder, 'agent.cjs');
		const made = join(folder, 'made');
		writeFileSync(
			agent,
			standIn(`await ask('touch ${made}'); setTimeout(() => process.exit(9), 300);`)
		);
		const words = `village acp --name Tester --task 'Touch it' ${process.execPath} ${agent}`;
		const start = startFrame('s-acp', { command: words });
		plane.send(start);
		const asked = await plane.next('approval.request');
		expect(asked).toMatchObject({ kind: 'command', command: `touch ${made}`, timeoutMs: 900_000 });
		expect(existsSync(made)).toBe(false);
		const { approvalId } = asked;
		const about = { sessionId: 's-acp', attempt: 1, approvalId, generation: 1 };
		plane.send({ t: 'approval.decision', ...about, decision, by: 'user' });
		expect(await plane.next('session.exited')).toMatchObject({
			code: 9,
			totals: { tokensIn: 10, tokensOut: 2 }
		});
		expect(existsSync(made)).toBe(decision === 'allow');
		const work = plane.frames.flatMap((frame) => (frame.t === 'session.work' ? frame.event : []));
		const kind = decision === 'allow' ? 'command' : 'tool_use';
		expect(work.filter((one) => one.kind === kind)).toHaveLength(1);
		expect(work.find((one) => one.kind === 'message')).toMatchObject({ text: 'Touch it' });
		expect(plane.text(start.streamId)).toContain('Tester');
	}
);

test('an expired question ends with exit code 2, and a late answer changes nothing', async () => {
	const plane = await openControlPlane();
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	startRunner(plane, dataDir, { program: [process.execPath, village()] });
	plane.send(startFrame('s-1', { command: 'village ask --action merge "Merge?"; exit $?' }));
	const asked = await plane.next('approval.request');
	const decision = {
		t: 'approval.decision' as const,
		approvalId: asked.approvalId,
		generation: 1,
		sessionId: 's-1',
		attempt: 1
	};
	plane.send({ ...decision, decision: 'deny', by: 'expiry' });
	expect(await plane.next('session.exited')).toMatchObject({ code: 2 });
	plane.send({ ...decision, decision: 'allow', by: 'user' });
	await expect.poll(() => plane.unacked).toBe(0);
	expect(
		plane.frames.filter((frame) => frame.t === 'approval.applied' && frame.effect === 'allowed')
	).toEqual([]);
});

test('killed again and again while a session prints, a runner loses and repeats nothing', async () => {
	const plane = await openControlPlane();
	const dataDir = makeFolder();
	await openHostFor(dataDir);
	openStateDir(dataDir).writeIdentity({
		runnerId: 'runner-1',
		credential: 'avr_runner-1_x',
		wsUrl: plane.url,
		capacity: 2,
		features: [],
		allowLocal: []
	});
	let runner: ChildProcess | undefined;
	const launch = () => {
		runner = spawn(process.execPath, [village(), 'runner', dataDir], {
			stdio: 'ignore',
			env: { PATH: process.env.PATH, HOME: dataDir, SHELL: '/bin/sh' }
		});
	};
	onTestFinished(() => void runner?.kill('SIGKILL'));
	launch();
	await plane.next('hello');
	const log = join(dataDir, 'child.log');
	// One burst per 20 ms, written twice: to the terminal and to the child's own log.
	const script = `stty -opost; i=0; while [ $i -lt 400 ]; do i=$((i+1)); printf '%s %02000d\\n' burst $i | tee -a ${log}; sleep 0.01; done; exit 6`;
	const start = startFrame('s-1', { command: script });
	plane.send(start);
	const { pid } = await plane.next('session.started');
	for (let turn = 0; turn < 6; turn++) {
		await sleep(150);
		runner!.kill('SIGKILL');
		await new Promise((resolve) => runner!.once('exit', resolve));
		launch();
		await plane.next('hello');
	}
	const exited = await plane.next('session.exited', () => true, 40_000);
	expect(exited).toMatchObject({ code: 6 });
	for (const frame of plane.frames) if (frame.t === 'session.started') expect(frame.pid).toBe(pid);
	const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
	expect(plane.bytes(start.streamId).length).toBe(statSync(log).size);
	expect(hash(plane.bytes(start.streamId))).toBe(hash(readFileSync(log)));
	runner!.kill('SIGTERM');
	expect(await new Promise((resolve) => runner!.once('exit', resolve))).toBe(0);
}, 90_000);
