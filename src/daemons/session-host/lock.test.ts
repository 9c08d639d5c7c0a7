import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HostLockedError, readBootId, takeLock } from './lock.ts';
import { openProcessTable } from './processes.ts';
import { makeFolder } from './testing/host.ts';

const table = openProcessTable();

test('a folder has one host, and is free again after it', () => {
	const dir = makeFolder();
	const release = takeLock(dir, table);
	expect(() => takeLock(dir, table)).toThrow(HostLockedError);
	release();
	takeLock(dir, table)();
});

test('a lock of a dead process, of a pid with a new owner, of another boot, or of garbage is taken over', async () => {
	const dir = makeFolder();
	const child = spawn('/bin/true');
	await new Promise((resolve) => child.on('exit', resolve));
	const bootId = readBootId();
	const startTime = table.find(process.pid)?.startTime;
	const stale = [
		{ pid: child.pid, startTime: '1', bootId },
		{ pid: process.pid, startTime: '1', bootId },
		{ pid: process.pid, startTime, bootId: 'another boot' }
	].map((owner) => JSON.stringify(owner));
	for (const text of [...stale, 'garbage', '']) {
		writeFileSync(join(dir, 'host.lock'), text);
		const release = takeLock(dir, table);
		expect(readFileSync(join(dir, 'host.lock'), 'utf8')).toContain(String(process.pid));
		release();
	}
});
