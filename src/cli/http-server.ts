// The HTTP server of production: ours, so that sockets, shutdown and the port are in one hand; pages come from the web build.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { headerReader } from '#server/auth/headers.ts';
import { baseUrl, createOrigins, isLoopback } from '#server/auth/origin.ts';
import type { Config } from '#server/config.ts';
import { DatabaseInUseError, lockHolder } from '#server/db/lock.ts';
import { packageRoot } from '#server/package-root.ts';
import { CommandError, EXIT } from './usage.ts';

/** What the app registers for whoever owns the HTTP server. */
interface Host {
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
	readonly ready: Promise<void>;
	shutdown(): Promise<void>;
	onShutdownAsked?: () => void;
}

export interface Served {
	/** The address people use. */
	readonly url: string;
	readonly port: number;
	/** Resolves when the admin socket asked the server to end. */
	readonly asked: Promise<void>;
	/** Stops accepting, ends sockets, closes the database. Resolves within 10 s, whatever hangs. */
	close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const HOST = Symbol.for('agent-village.host');
const HOST_HEADER = 'x-village-host';
const PROTOCOL_HEADER = 'x-village-protocol';
/** The largest body any route takes; each has its own, smaller limit. */
const BODY_LIMIT = '16M';
const SHUTDOWN_MS = 8_000;

/**
 * Listens, then loads the web build, whose start opens the app. Until it is open every request is answered 503.
 * Throws `DatabaseInUseError`, or `CommandError` for a port in use or a missing build.
 */
export async function startServer(config: Config): Promise<Served> {
	const file = join(packageRoot(), 'build', 'handler.js');
	if (!existsSync(file))
		throw new CommandError(EXIT.failed, 'the web app is not built; run "npm run build" first');
	if (!config.databaseUrl) {
		const holder = lockHolder(join(config.dataDir, 'village.lock'));
		if (holder !== null) throw inUse(config.dataDir, holder);
	}
	let handler: Handler | null = null;
	let host: Host | null = null;
	const server = createServer((request, response) => {
		if (handler) handler(request, response, () => notFound(response));
		else starting(response);
	});
	server.on('upgrade', (request, socket, head) => {
		if (host) host.upgrade(request, socket, head);
		else
			socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\r\n');
	});
	const port = await listen(server, config);
	const url = baseUrl({ ...config, port });
	try {
		host = await openApp(file, config, port);
		handler = await loadHandler(file, config);
	} catch (error) {
		server.closeAllConnections();
		server.close();
		throw (error as Error).name === 'DatabaseInUseError' && !config.databaseUrl
			? inUse(config.dataDir, (error as DatabaseInUseError).holder)
			: error;
	}
	const facts = join(config.dataDir, 'server.json');
	mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
	writeFileSync(facts, `${JSON.stringify({ pid: process.pid, url })}\n`, { mode: 0o600 });
	const asked = new Promise<void>((resolve) => (host!.onShutdownAsked = resolve));
	let closing: Promise<void> | null = null;
	return {
		url,
		port,
		asked,
		close: () => (closing ??= stop(server, host!).finally(() => rmSync(facts, { force: true })))
	};
}

async function openApp(file: string, config: Config, port: number): Promise<Host> {
	// The build reads these once, when it is loaded; the app inside it reads its configuration from here too.
	process.env.HOST = config.host;
	process.env.PORT = String(port);
	process.env.VILLAGE_DATA_DIR = config.dataDir;
	if (config.publicUrl) process.env.VILLAGE_PUBLIC_URL = config.publicUrl;
	process.env.BODY_SIZE_LIMIT ??= BODY_LIMIT;
	if (!process.env.ORIGIN) {
		process.env.HOST_HEADER ??= HOST_HEADER;
		process.env.PROTOCOL_HEADER ??= PROTOCOL_HEADER;
	}
	await import(/* @vite-ignore */ pathToFileURL(file).href);
	const host = (globalThis as { [HOST]?: Host })[HOST];
	if (!host) throw new Error('the web build opened no app; run "npm run build" again');
	await host.ready;
	return host;
}

/** The build's handler, told under which origin each request came: its form check compares with that. */
async function loadHandler(file: string, config: Config): Promise<Handler> {
	const build = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { handler: Handler };
	const origins = createOrigins(config);
	return (request, response, next) => {
		const { protocol, host } = new URL(origins.of(headerReader(request.headers)));
		// Set for every request, so that nobody else can.
		request.headers[HOST_HEADER] = host;
		request.headers[PROTOCOL_HEADER] = protocol.slice(0, -1);
		build.handler(request, response, next);
	};
}

function listen(server: Server, config: Config): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) => {
			const where = `${config.host}:${config.port}`;
			if (error.code === 'EADDRINUSE')
				reject(new PortInUse(`${where} is in use by another program; choose another --port`));
			else reject(new CommandError(EXIT.failed, `cannot listen on ${where}: ${error.message}`));
		});
		server.listen(config.port, config.host, () => {
			const address = server.address();
			resolve(typeof address === 'object' && address ? address.port : config.port);
		});
	});
}

/** The port belongs to somebody else. */
export class PortInUse extends CommandError {
	constructor(message: string) {
		super(EXIT.failed, message);
	}
}

async function stop(server: Server, host: Host): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	server.closeIdleConnections();
	let timer: NodeJS.Timeout | undefined;
	const patience = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, SHUTDOWN_MS);
	});
	await Promise.race([host.shutdown(), patience]);
	server.closeAllConnections();
	await Promise.race([closed, patience]);
	clearTimeout(timer);
}

function inUse(dataDir: string, holder: number | null): DatabaseInUseError {
	const who = holder === null ? 'another server' : `process ${holder}`;
	return new DatabaseInUseError(`${who} already serves the data directory ${dataDir}`, holder);
}

function starting(response: ServerResponse): void {
	response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
	response.end('{"status":"starting"}\n');
}

function notFound(response: ServerResponse): void {
	response.writeHead(404, { 'content-type': 'text/plain' });
	response.end('Not found\n');
}

/** Whether a HOST setting means this machine alone. */
export function bindsLoopback(host: string): boolean {
	return isLoopback(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}
