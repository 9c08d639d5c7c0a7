// What things and people are called in the smallest space.
import type { RunnerView } from '#domain/views.ts';

/** A runner's label, or its machine's name. */
export function runnerName(runner: Pick<RunnerView, 'label' | 'hostname'>): string {
	return runner.label ?? runner.hostname;
}

/** One or two letters of a person's name: `Ada Lovelace` → `AL`. */
export function initials(name: string): string {
	const words = name
		.trim()
		.split(/[\s._-]+/u)
		.filter(Boolean);
	const first = [...(words[0] ?? '?')][0]!;
	const last = words.length > 1 ? [...words.at(-1)!][0]! : ([...(words[0] ?? '')][1] ?? '');
	return (first + last).toLocaleUpperCase();
}

/** A hue 0..359 for an id, the same in every browser. */
export function hueOf(id: string): number {
	let hash = 0;
	for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) | 0;
	return Math.abs(hash) % 360;
}
