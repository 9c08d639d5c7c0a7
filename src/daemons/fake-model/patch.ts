// Patches in the form that Codex's `apply_patch` reads.

/** Makes a file. */
export function addFile(path: string, content: string): string {
	return envelope([`*** Add File: ${path}`, ...lines(content).map((line) => `+${line}`)]);
}

/** Replaces whole lines of a file. */
export function updateFile(path: string, find: string, replace: string): string {
	return envelope([
		`*** Update File: ${path}`,
		'@@',
		...lines(find).map((line) => `-${line}`),
		...lines(replace).map((line) => `+${line}`)
	]);
}

function envelope(inner: readonly string[]): string {
	return ['*** Begin Patch', ...inner, '*** End Patch'].join('\n');
}

/** Lines without the empty one that a last line break leaves. */
function lines(text: string): string[] {
	const all = text.split('\n');
	if (all.at(-1) === '') all.pop();
	return all;
}
