// Two small Vite plugins: hand websocket upgrades of dev and preview to the app, and keep server code out of the browser.

/** The well-known place where whoever owns the HTTP server meets the app (docs/architecture.md, "WebSockets"). */
const HOST = Symbol.for('agent-village.host');

/**
 * Hands every upgrade except Vite's own to the handler the app registered.
 * @returns {import('vite').Plugin}
 */
export function upgrades() {
	/** @param {import('node:http').Server | import('node:http2').Http2SecureServer | null} server */
	const bind = (server) => {
		server?.on('upgrade', (req, socket, head) => {
			const protocol = req.headers['sec-websocket-protocol'] ?? '';
			if (protocol.includes('vite-hmr') || protocol.includes('vite-ping')) return;
			const host = /** @type {any} */ (globalThis)[HOST];
			if (host?.upgrade) host.upgrade(req, socket, head);
			else socket.destroy();
		});
	};
	return {
		name: 'village-upgrades',
		configureServer(server) {
			// Component tests have a Vite server with sockets of its own, and no village behind it.
			if (process.env.VITEST) return;
			bind(server.httpServer);
			// SvelteKit runs `init` at the first request in dev: ask for one, so that sockets answer before a page does.
			server.httpServer?.once('listening', () => {
				const address = server.httpServer?.address();
				if (address && typeof address === 'object')
					void fetch(`http://localhost:${address.port}/healthz`).catch(() => {});
			});
		},
		configurePreviewServer(server) {
			bind(server.httpServer);
		}
	};
}

/**
 * Makes an import of `src/server`, `src/daemons` or `src/cli` from browser code a build error.
 * SvelteKit 2 guards only `$lib/server`.
 * @returns {import('vite').Plugin}
 */
export function serverOnly() {
	return {
		name: 'village-server-only',
		enforce: 'pre',
		load(id, options) {
			const file = id.split('?')[0] ?? '';
			if (options?.ssr || process.env.VITEST) return null;
			if (/\/src\/(server|daemons|cli)\//.test(file) && !/\.test\.ts$/.test(file))
				throw new Error(
					`${file} is server code and was imported by browser code. Use a type-only import, or go through tRPC.`
				);
			return null;
		}
	};
}
