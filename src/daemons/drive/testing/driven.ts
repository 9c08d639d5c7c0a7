// A driven agent in a real session: real host, real terminal, the driver as the runner starts it.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { Told } from '#protocol/host/told.ts';
import type { ToldStatus } from '#protocol/host/told.ts';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';
import type { WorkReport } from '#protocol/runner/work-event.ts';
import { bundle } from '../../session-host/testing/bundle.ts';
import { connectRunner, openTestHost, startOf } from '../../session-host/testing/host.ts';
import type { DriveSpec } from '../spec.ts';

const program = bundle(
	'drive',
	`import { run } from '#cli/drive.ts'; process.exitCode = await run(process.argv.slice(2));`
);

export type Driven = Awaited<ReturnType<typeof openDriven>>;

/** Starts a session with a driver; `spec.program` is the agent, or a stand-in. */
export async function openDriven(
	spec: Pick<DriveSpec, 'providerId' | 'program'> & Partial<DriveSpec>,
	env: Record<string, string> = {}
) {
	const folder = mkdtempSync(join(tmpdir(), 'vd-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
	const file = join(folder, 'drive.json');
	const full: DriveSpec = { version: null, askTimeoutMs: 60_000, ...spec };
	writeFileSync(file, JSON.stringify(full));
	const { socketPath, host } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf([process.execPath, program(), file], { cwd: folder, cols: 120, rows: 40 });
	Object.assign(start.env, { HOME: folder, ...env });
	runner.client.send(start);
	const { pid } = await runner.next('started');
	const ref = { sessionId: start.sessionId, attempt: start.attempt };

	function told(): Told[] {
		return runner
			.text(start.streamId, 3)
			.split('\n')
			.filter(Boolean)
			.map((line) => Told.parse(JSON.parse(line)));
	}
	const reports = (): WorkReport[] => told().flatMap((one) => (one.k === 'work' ? one.report : []));
	return {
		folder,
		/** Of the driver. */
		pid,
		host,
		runner,
		start,
		ref,
		told,
		reports,
		statuses: (): string[] =>
			reports()
				.filter(({ kind }) => kind === 'status_change')
				.map(({ data }) => (data as ToldStatus).status),
		screen: (): string => runner.text(start.streamId),
		/** The absolute totals, each figure as it was told last; undefined when none was. */
		usage: () =>
			told().reduce<UsageFigures | undefined>(
				(sum, one) => (one.k === 'usage' ? { ...sum, ...one.totals } : sum),
				undefined
			),
		type: (() => {
			let offset = 0;
			return (keys: string): void => {
				const bytes = Buffer.from(keys);
				runner.client.input(start.streamId, offset, bytes);
				offset += bytes.length;
			};
		})(),
		/** The next question; answers it when told how. */
		async asked(decision?: 'allow' | 'deny', more: { optionId?: string; message?: string } = {}) {
			const ask = await runner.next('approval.request', 60_000);
			const { approvalId, generation } = ask;
			if (decision)
				runner.client.send({
					t: 'approval.decision',
					...ref,
					approvalId,
					generation,
					decision,
					...more
				});
			return ask;
		},
		until: (look: () => boolean, timeout = 30_000): Promise<void> =>
			expect.poll(look, { timeout }).toBe(true)
	};
}

/** A driven session whose agent is a program of the test; `made` says whether the command it asks about was run. */
export async function openStandIn(
	providerId: DriveSpec['providerId'],
	program: string,
	task: string,
	more: Partial<DriveSpec> = {}
) {
	const folder = mkdtempSync(join(tmpdir(), 'vs-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const file = join(folder, 'stand-in.cjs');
	writeFileSync(file, program);
	const driven = await openDriven({ providerId, program: [process.execPath, file], task, ...more });
	return { ...driven, made: () => existsSync(join(driven.folder, 'made')) };
}
