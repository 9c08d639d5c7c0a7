import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('./draw-art.js', import.meta.url));
const kept = fileURLToPath(new URL('../static', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'village-art-'));
beforeAll(() => execFileSync(process.execPath, [script, folder]));
afterAll(() => rmSync(folder, { recursive: true }));

test('the pictures that are shipped are the ones the script draws', () => {
	const drawn = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
		entry.isFile()
	);
	expect(drawn.length).toBeGreaterThan(9);
	for (const entry of drawn) {
		const path = join(entry.parentPath, entry.name);
		const ours = readFileSync(path);
		const shipped = readFileSync(path.replace(folder, kept));
		// Compression may differ between versions of zlib; the pixels may not.
		if (entry.name.endsWith('.png'))
			expect(PNG.sync.read(shipped).data.equals(PNG.sync.read(ours).data)).toBe(true);
		else expect(shipped.toString()).toBe(ours.toString());
	}
});

test('every frame lies inside its sheet and no two overlap', () => {
	for (const name of ['houses', 'things']) {
		const { frames, meta } = JSON.parse(
			readFileSync(join(folder, 'village', `${name}.json`), 'utf8')
		) as {
			frames: Record<string, { frame: { x: number; y: number; w: number; h: number } }>;
			meta: { size: { w: number; h: number } };
		};
		const taken = new Uint8Array(meta.size.w * meta.size.h);
		for (const { frame } of Object.values(frames)) {
			expect(frame.x + frame.w).toBeLessThanOrEqual(meta.size.w);
			expect(frame.y + frame.h).toBeLessThanOrEqual(meta.size.h);
			let clash = false;
			for (let y = frame.y; y < frame.y + frame.h; y++)
				for (let x = frame.x; x < frame.x + frame.w; x++) {
					clash ||= taken[y * meta.size.w + x] === 1;
					taken[y * meta.size.w + x] = 1;
				}
			expect(clash).toBe(false);
		}
	}
});

test('all pictures together stay small enough to load at once', () => {
	const bytes = readdirSync(join(folder, 'village'))
		.map((name) => readFileSync(join(folder, 'village', name)).length)
		.reduce((a, b) => a + b, 0);
	expect(bytes).toBeLessThan(500_000);
});
