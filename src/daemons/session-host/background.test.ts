import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { nicenessBeside, runInBackground } from './background.ts';
import { openProcessTable } from './processes.ts';
import { connectRunner, openTestHost, startOf } from './testing/host.ts';

test('what a session runs, and all that it starts, is nicer than the host', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('read a; nice; (nice)');
	runner.client.send(start);
	const { pid } = await runner.next('started');
	expect(getPriority(pid)).toBe(5);
	if (process.platform === 'linux') {
		await expect.poll(() => autogroup(pid)).toMatch(/nice 5$|none/);
		expect(autogroup('self')).not.toMatch(/nice 5$/);
	}
	runner.client.input(start.streamId, 0, Buffer.from('\n'));
	await runner.see(start.streamId, '5\r\n5\r\n');
});

test('the more sessions there are, the less each of the next gets, and never less than the least', () => {
	expect([0, 4, 5, 40, 99, 1000].map(nicenessBeside)).toEqual([5, 5, 6, 13, 19, 19]);
});

test('a process that is gone is no fault', async () => {
	await runInBackground(2 ** 22, openProcessTable(), 5);
});

/** Kernels without autogroups have no such file. */
function autogroup(pid: number | 'self'): string {
	try {
		return readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim();
	} catch {
		return 'none';
	}
}
