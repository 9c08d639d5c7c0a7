import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { connectRunner, openTestHost, sha256, startOf } from './testing/host.ts';

const RUNS = 30;

// Sizes at which terminals are known to lose the end of the output of a process that exits.
for (const [name, bytes] of [
	['8 KB', 8_000],
	['64 KB', 64_000],
	['1 MB', 1_000_000]
] as const) {
	for (const busy of [false, true]) {
		test(`nothing is lost at exit: ${name}, ${busy ? 'busy' : 'idle'} loop, ${RUNS} runs`, async () => {
			const { socketPath } = await openTestHost();
			const runner = await connectRunner(socketPath);
			const plain = Buffer.alloc(bytes, 'abcdefghijklmnopqrstuvwxyz0123456789-');
			const wanted = sha256(Buffer.concat([plain, Buffer.from('END')]));
			const block = busy
				? setInterval(() => {
						const until = performance.now() + 5;
						while (performance.now() < until) createHash('md5').update('x').digest();
					}, 7)
				: undefined;
			let lost = 0;
			for (let run = 0; run < RUNS; run += 1) {
				// Its root writes last and ends at once.
				const start = startOf(
					`yes 'abcdefghijklmnopqrstuvwxyz0123456789-' | tr -d '\\n' | head -c ${bytes}; printf END`
				);
				runner.client.send(start);
				const exited = await runner.next('exited');
				const final = exited.finalOffsets.find((one) => one.kind === 1)?.offset ?? 0;
				await expect.poll(() => runner.bytes(start.streamId).length).toBe(final);
				if (sha256(runner.bytes(start.streamId)) !== wanted) lost += 1;
				expect(exited).toMatchObject({ code: 0, signal: null });
			}
			clearInterval(block);
			expect(lost).toBe(0);
		}, 60_000);
	}
}
