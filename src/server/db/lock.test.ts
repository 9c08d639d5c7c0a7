import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock, lockHolder } from './lock.ts';

test.runIf(process.platform === 'linux')(
	'a lock of a killed process counts for nothing, also while nobody has collected it',
	async () => {
		const dir = mkdtempSync(join(tmpdir(), 'village-lock-'));
		onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
		// The shell starts a child that ends at once, prints its number, and becomes a program that never waits for it.
		const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 30']);
		onTestFinished(() => void parent.kill('SIGKILL'));
		const pid = Number(
			await new Promise<string>((resolve) => parent.stdout.once('data', (d) => resolve(String(d))))
		);
		const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
		await expect.poll(() => stat().split(') ')[1]?.[0]).toBe('Z');
		const started = stat().split(') ')[1]!.split(' ')[19];
		const path = join(dir, 'village.lock');
		writeFileSync(path, JSON.stringify({ pid, started, bootId: 'former' }));
		expect(lockHolder(path)).toBeNull();
		acquireLock(path).release();
	}
);
