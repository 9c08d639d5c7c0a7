// Which renderer a terminal gets.
import type { Terminal } from '@xterm/xterm';

/** Draws with WebGL where a graphics card does it; software WebGL is slower than the DOM. */
export async function useGraphicsCard(term: Terminal, signal: AbortSignal): Promise<void> {
	const probe = document.createElement('canvas').getContext('webgl2');
	const info = probe?.getExtension('WEBGL_debug_renderer_info');
	const renderer = probe && info ? String(probe.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
	probe?.getExtension('WEBGL_lose_context')?.loseContext();
	if (!probe || /swiftshader|llvmpipe|software|basic render/i.test(renderer)) return;
	try {
		const { WebglAddon } = await import('@xterm/addon-webgl');
		if (signal.aborted) return;
		const webgl = new WebglAddon();
		// Too many contexts, or a driver that gave up: the DOM renderer takes over.
		webgl.onContextLoss(() => webgl.dispose());
		term.loadAddon(webgl);
	} catch {
		// The DOM renderer stays.
	}
}
