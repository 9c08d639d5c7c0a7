// Opens the app once per process and registers it where whoever owns the HTTP server finds it (dev, preview, production).
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { openApp, type App } from './app.ts';
import { readConfig } from './config.ts';

/** What the owner of the HTTP server may ask of the app. */
export interface Host {
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
	readonly ready: Promise<void>;
	/** Ends sockets, timers, files and database; safe to call twice. */
	shutdown(): Promise<void>;
	/** Called when the admin socket asks the process to end; the owner sets it. */
	onShutdownAsked?: () => void;
}

const HOST = Symbol.for('agent-village.host');
type Global = typeof globalThis & { [HOST]?: Host };

let current: App | null = null;

/** The open app. Throws before `boot` has resolved. */
export function theApp(): App {
	if (!current) throw new Error('the app is not open yet');
	return current;
}

/** Opens the app; a previous one (dev reload) is closed first, its sockets with 1012, so that they come back to the new code. */
export async function boot(env: Record<string, string | undefined>): Promise<App> {
	const place = globalThis as Global;
	const former = place[HOST];
	if (former) await former.shutdown();
	let resolve: () => void = () => {};
	const ready = new Promise<void>((done) => (resolve = done));
	const app = await openApp(readConfig(env), {
		onShutdown: () => place[HOST]?.onShutdownAsked?.()
	});
	current = app;
	let closing: Promise<void> | null = null;
	const host: Host = {
		upgrade: (request, socket, head) => app.upgrades.handle(request, socket, head),
		ready,
		shutdown: () => (closing ??= app.close())
	};
	if (former?.onShutdownAsked) host.onShutdownAsked = former.onShutdownAsked;
	place[HOST] = host;
	resolve();
	return app;
}
