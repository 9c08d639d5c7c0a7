// A running session, and what a process in it asks.
import type { ApprovalRequest } from '#protocol/runner/approval-request.ts';
import { until, type TestApp } from '#server/testing/app.ts';
import { connectRunner, type TestRunner } from '#server/testing/runner.ts';

export async function running(t: TestApp, extra = {}) {
	const operator = await t.caller('operator');
	const runner = await connectRunner(t);
	const { id } = await operator.sessions.create({ orgId: t.orgId, providerId: 'shell', ...extra });
	const start = await runner.run();
	await until(async () => (await operator.sessions.get({ sessionId: id })).state === 'RUNNING');
	return { operator, runner, start, sessionId: id };
}

export function ask(
	runner: TestRunner,
	start: { sessionId: string; attempt: number },
	extra: Partial<Omit<ApprovalRequest, 't' | 'seq'>> = {}
): string {
	const approvalId = extra.approvalId ?? `ask-${Math.random().toString(36).slice(2)}`;
	runner.say({
		t: 'approval.request',
		generation: 1,
		sessionId: start.sessionId,
		attempt: start.attempt,
		action: 'merge',
		kind: 'action',
		risk: 'high',
		summary: 'Merge PR #123',
		details: { prNumber: 123 },
		command: 'git push origin main',
		...extra,
		approvalId
	});
	return approvalId;
}
