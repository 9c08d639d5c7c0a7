import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type Plugin } from 'vite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serverOnly, upgrades } from './vite-plugins.js';

function project(component: string): string {
	const root = mkdtempSync(join(tmpdir(), 'village-build-'));
	onTestFinished(() => rmSync(root, { recursive: true, force: true }));
	const files = {
		'package.json': '{ "type": "module", "imports": { "#server/*": "./src/server/*" } }',
		'src/server/secret.ts':
			'export const secret: string = "hunter2";\nexport type Secret = string;\n',
		'src/lib/Page.svelte': component,
		'src/main.ts':
			"import Page from './lib/Page.svelte';\n(globalThis as Record<string, unknown>).page = Page;\n"
	};
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	return root;
}

function bundle(root: string) {
	// The guard is off under vitest, where one process plays browser and server.
	vi.stubEnv('VITEST', '');
	onTestFinished(() => void vi.unstubAllEnvs());
	return build({
		root,
		configFile: false,
		logLevel: 'silent',
		plugins: [svelte({ configFile: false }), serverOnly()],
		build: {
			rolldownOptions: { input: join(root, 'src/main.ts'), external: /^svelte/ },
			write: false
		}
	});
}

test('a component that imports server code fails the build, and the message says what to do', async () => {
	const root = project(
		"<script lang='ts'>import { secret } from '#server/secret.ts';</script><p>{secret}</p>"
	);
	await expect(bundle(root)).rejects.toThrow(/is server code and was imported by browser code/);
});

test('a component may use a type of the server: nothing of it reaches the browser', async () => {
	const root = project(
		"<script lang='ts'>import type { Secret } from '#server/secret.ts'; const a: Secret = 'x';</script><p>{a}</p>"
	);
	expect(JSON.stringify(await bundle(root))).not.toContain('hunter2');
});

test('upgrades go to whoever the app registered, except those of Vite itself', async () => {
	const seen: string[] = [];
	const key = Symbol.for('agent-village.host');
	const globals = globalThis as Record<symbol, unknown>;
	globals[key] = {
		upgrade(request: { url: string }, socket: { end(text: string): void }) {
			seen.push(request.url);
			socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
		}
	};
	const server = createServer();
	onTestFinished(() => void server.close());
	onTestFinished(() => void delete globals[key]);
	const hook = (upgrades() as Plugin).configurePreviewServer as unknown as (host: object) => void;
	hook({ httpServer: server });
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const ask = (path: string, protocol: string) => {
		const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
		socket.write(
			`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`
		);
		return socket;
	};
	const vite = ask('/', 'vite-hmr');
	const ours = ask('/ws/village', 'village');
	ours.resume();
	await once(ours, 'close');
	vite.destroy();
	expect(seen).toEqual(['/ws/village']);
});
