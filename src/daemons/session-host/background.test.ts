import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { runInBackground } from './background.ts';
import { openProcessTable } from './processes.ts';
import { connectRunner, openTestHost, startOf } from './testing/host.ts';

test('what a session runs, and all that it starts, is nicer than the host', async () => {
	const { socketPath } = await openTestHost();
	const runner = await connectRunner(socketPath);
	const start = startOf('read a; nice; (nice)');
	runner.client.send(start);
	const { pid } = await runner.next('started');
	expect(getPriority(pid)).toBe(19);
	if (process.platform === 'linux') {
		await expect.poll(() => autogroup(pid)).toMatch(/nice 19$|none/);
		expect(autogroup('self')).not.toMatch(/nice 19$/);
	}
	runner.client.input(start.streamId, 0, Buffer.from('\n'));
	await runner.see(start.streamId, '19\r\n19\r\n');
});

test('a process that is gone is no fault', async () => {
	await runInBackground(2 ** 22, openProcessTable());
});

/** Kernels without autogroups have no such file. */
function autogroup(pid: number | 'self'): string {
	try {
		return readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim();
	} catch {
		return 'none';
	}
}
