import { expect, test } from 'vitest';
import { testApp, until, type TestApp } from '#server/testing/app.ts';
import { connectRunner } from '#server/testing/runner.ts';
import { createQuestions } from './questions.ts';

const NOTHING = {
	base: 'a'.repeat(40),
	head: 'a'.repeat(40),
	branch: 'village/s-1',
	files: [],
	totals: { files: 0, untracked: 0, added: 0, removed: 0 },
	truncated: false,
	commits: [],
	moreCommits: false
};

/** A session that runs on a runner of the test's own hands. */
async function running(t: TestApp) {
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id: sessionId } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'RUNNING');
	return { runner, sessionId };
}

const code = (code: string) => ({ cause: { code } });

test('a viewer is shown what a session changed, as its runner tells it', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const viewer = await t.caller('viewer');
	const seen = viewer.sessions.diff({ sessionId });
	const asked = await runner.next('diff_ask');
	expect(asked).toMatchObject({ sessionId, attempt: 1 });
	const file = { path: 'a.txt', status: 'modified' as const, added: 2, removed: 1 };
	const diff = { ...NOTHING, files: [file] };
	runner.answer({ t: 'diff_told', requestId: asked.requestId, diff });
	expect(await seen).toEqual(diff);
});

test('the patch of a file is told to whoever asks, and that they asked is on record', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const viewer = await t.caller('viewer');
	const seen = viewer.sessions.patch({ sessionId, path: 'src/a.txt' });
	const asked = await runner.next('patch_ask');
	expect(asked).toMatchObject({ sessionId, path: 'src/a.txt' });
	const patch = {
		path: 'src/a.txt',
		status: 'modified' as const,
		added: 1,
		removed: 0,
		text: '@@ -0,0 +1 @@\n+secret\n',
		truncated: false,
		size: 7
	};
	runner.answer({ t: 'patch_told', requestId: asked.requestId, patch });
	expect(await seen).toEqual(patch);
	const { items } = await (await t.caller('owner')).orgs.audit({ orgId: t.orgId });
	const entry = items.find((one) => one.action === 'session.patch');
	expect(entry).toMatchObject({ detail: { path: 'src/a.txt', length: patch.text.length } });
	expect(JSON.stringify(items)).not.toContain('secret\\n');
});

test.each([
	['no_workspace', 'NO_WORKSPACE'],
	['gone', 'WORKSPACE_GONE'],
	['no_git', 'NO_REPOSITORY'],
	['no_base', 'CONFLICT'],
	['no_path', 'PATH_UNCHANGED'],
	['bad_path', 'VALIDATION_ERROR'],
	['busy', 'RATE_LIMITED'],
	['failed', 'CONFLICT']
] as const)('what a runner calls %s is told as %s, in its words', async (fault, told) => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const seen = (await t.caller('viewer')).sessions.patch({ sessionId, path: 'a' });
	const asked = await runner.next('patch_ask');
	const message = 'this is why';
	runner.answer({ t: 'patch_told', requestId: asked.requestId, fault: { code: fault, message } });
	await expect(seen).rejects.toMatchObject({ ...code(told), message: 'This is why.' });
});

test('an answer to something else, of another runner, or twice, is nobody’s answer', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const other = await connectRunner(t);
	const viewer = await t.caller('viewer');
	const seen = viewer.sessions.diff({ sessionId });
	const { requestId } = await runner.next('diff_ask');
	const file = { path: 'forged', status: 'added' as const, added: 1, removed: 0 };
	other.answer({ t: 'diff_told', requestId, diff: { ...NOTHING, files: [file] } });
	runner.answer({ t: 'diff_told', requestId: 'nobody-asked', diff: NOTHING });
	// The other runner's door has read what it said once it has answered this.
	other.raw(JSON.stringify({ t: 'nonsense' }));
	await other.next('error');
	runner.answer({ t: 'diff_told', requestId, diff: NOTHING });
	runner.answer({ t: 'diff_told', requestId, diff: NOTHING });
	expect(await seen).toEqual(NOTHING);
	const wrong = viewer.sessions.diff({ sessionId });
	const again = await runner.next('diff_ask', (frame) => frame.requestId !== requestId);
	runner.answer({
		t: 'patch_told',
		requestId: again.requestId,
		fault: { code: 'failed', message: 'x' }
	});
	await expect(wrong).rejects.toMatchObject(code('CONFLICT'));
});

test('without a start, without its runner, or when that goes away, there is no answer, and why is said', async () => {
	const t = await testApp();
	const operator = await t.caller('operator');
	const queued = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell' });
	await expect(operator.sessions.diff({ sessionId: queued.id })).rejects.toMatchObject(
		code('NO_WORKSPACE')
	);
	await operator.sessions.stop({ sessionId: queued.id });
	const { runner, sessionId } = await running(t);
	const cut = operator.sessions.diff({ sessionId });
	await runner.next('diff_ask');
	runner.close();
	await expect(cut).rejects.toMatchObject(code('RUNNER_OFFLINE'));
	await expect(operator.sessions.diff({ sessionId })).rejects.toMatchObject(code('RUNNER_OFFLINE'));
});

test('a runner that says nothing is not waited for without end, nor asked without end', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const questions = createQuestions({ clock: t.app.clock, links: t.app.links, answerMs: 50 });
	const question = { t: 'diff_ask' as const, sessionId, attempt: 1 };
	await expect(questions.ask(runner.runnerId, question)).rejects.toMatchObject({
		code: 'RUNNER_TIMEOUT'
	});
	const many = Array.from({ length: 70 }, () => questions.ask(runner.runnerId, question));
	const codes = (await Promise.allSettled(many)).map(
		(one) => one.status === 'rejected' && (one.reason as { code: string }).code
	);
	expect(codes.filter((one) => one === 'RATE_LIMITED')).toHaveLength(6);
	expect(codes.filter((one) => one === 'RUNNER_TIMEOUT')).toHaveLength(64);
});

test('an answer that breaks the schema is refused at the door, and the runner stays connected', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const seen = (await t.caller('viewer')).sessions.diff({ sessionId });
	const { requestId } = await runner.next('diff_ask');
	const files = [{ path: 'a\0b', status: 'added', added: -1, removed: 0 }];
	runner.raw(JSON.stringify({ t: 'diff_told', requestId, diff: { ...NOTHING, files } }));
	expect(await runner.next('error')).toMatchObject({ code: 'BAD_FRAME' });
	runner.answer({ t: 'diff_told', requestId, diff: NOTHING });
	expect(await seen).toEqual(NOTHING);
});

test('a worktree is exported, named and removed by operators, after the end, and on record', async () => {
	const t = await testApp();
	const { runner, sessionId } = await running(t);
	const operator = await t.caller('operator');
	await expect(operator.sessions.cleanUp({ sessionId })).rejects.toMatchObject(
		code('WORKSPACE_IN_USE')
	);
	expect(runner.received.filter((frame) => frame.t === 'workspace_ask')).toEqual([]);
	runner.exit(
		runner.received.find((frame) => frame.t === 'session.start')!,
		0
	);
	await until(async () => (await operator.sessions.get({ sessionId })).state === 'COMPLETED');
	await expect(
		(await t.caller('viewer')).sessions.cleanUp({ sessionId, discard: true })
	).rejects.toMatchObject(code('FORBIDDEN'));
	for (const branch of ['-x', 'a..b', ''])
		await expect(operator.sessions.keepBranch({ sessionId, branch })).rejects.toThrow();

	const refused = operator.sessions.cleanUp({ sessionId });
	const first = await runner.next('workspace_ask');
	expect(first).toMatchObject({ do: 'remove', discard: false });
	const fault = { code: 'holds_work' as const, message: 'it holds 2 files' };
	runner.answer({ t: 'workspace_told', requestId: first.requestId, fault });
	await expect(refused).rejects.toMatchObject({
		...code('WORKSPACE_HOLDS_WORK'),
		message: 'It holds 2 files.'
	});

	const done = operator.sessions.cleanUp({ sessionId, discard: true });
	const { requestId } = await runner.next('workspace_ask', (frame) => frame.discard === true);
	const patch = { path: '/srv/patches/s.patch', bytes: 6, text: 'secret' };
	runner.answer({ t: 'workspace_told', requestId, patch, refs: ['refs/heads/village/s'] });
	expect(await done).toEqual({ patch, refs: ['refs/heads/village/s'] });
	const { items } = await operator.sessions.events({ sessionId });
	expect(items.filter((event) => event.type === 'session.workspace')).toMatchObject([
		{ data: { do: 'remove', discard: true, patch: patch.path } }
	]);
	const audit = await (await t.caller('owner')).orgs.audit({ orgId: t.orgId });
	expect(audit.items.filter((one) => one.action === 'session.workspace_remove')).toHaveLength(1);
	expect(JSON.stringify([items, audit])).not.toContain('"secret"');
});
