// Keys pressed while the canvas has the focus: arrows pan, plus and minus zoom. Typing anywhere else is not touched.

/** Listens on the canvas; `pan` gets −1..1 per axis while arrows are held, `wake` is called when that begins. */
export function listenKeys(
	canvas: HTMLCanvasElement,
	act: { wake(): void; zoom(direction: 1 | -1): void; clear(): void }
): { pan(): { x: number; y: number }; end(): void } {
	const held = new Set<string>();
	const abort = new AbortController();
	const { signal } = abort;
	canvas.addEventListener(
		'keydown',
		(event) => {
			if (event.ctrlKey || event.metaKey || event.altKey) return;
			if (event.key.startsWith('Arrow')) {
				held.add(event.key);
				act.wake();
			} else if (event.key === '+' || event.key === '=') act.zoom(1);
			else if (event.key === '-' || event.key === '_') act.zoom(-1);
			else if (event.key === 'Escape') {
				act.clear();
				return;
			} else return;
			event.preventDefault();
		},
		{ signal }
	);
	canvas.addEventListener('keyup', (event) => held.delete(event.key), { signal });
	canvas.addEventListener('blur', () => held.clear(), { signal });
	const axis = (less: string, more: string) => (held.has(more) ? 1 : 0) - (held.has(less) ? 1 : 0);
	return {
		pan: () => ({ x: axis('ArrowLeft', 'ArrowRight'), y: axis('ArrowUp', 'ArrowDown') }),
		end: () => abort.abort()
	};
}
