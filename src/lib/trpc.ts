// The typed door from the browser: calls over HTTP, subscriptions over one socket, or over SSE where sockets do not get through.
import {
	createTRPCClient,
	createWSClient,
	httpBatchLink,
	httpSubscriptionLink,
	splitLink,
	wsLink,
	type TRPCClient
} from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import * as devalue from 'devalue';
import type { AppRouter } from '#server/trpc/router.ts';

export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;
export type Client = TRPCClient<AppRouter>;

/** `auto` takes the socket and falls back to SSE when it fails although the server answers. */
export type SubscriptionTransport = 'auto' | 'ws' | 'sse';

export interface ApiOptions {
	/** Origin of the server, `https://village.example`. */
	origin: string;
	transport?: SubscriptionTransport;
	/** Round trip of a ping on the socket, in milliseconds. */
	onLatency?(ms: number): void;
	/** The socket is given up: subscriptions that are open must be opened again, they then go over SSE. */
	onFallback?(): void;
}

export interface Api {
	readonly client: Client;
	close(): void;
}

const PING_EVERY_MS = 25_000;
const DEAD_AFTER_MS = 60_000;
/** Sockets that closed before they opened, in a row, before SSE is tried. */
const SOCKET_TRIES = 3;

const transformer = { serialize: devalue.stringify, deserialize: devalue.parse };

/** Opens the client of a page; nothing connects until something is subscribed to. */
export function createApi(options: ApiOptions): Api {
	const url = `${options.origin}/trpc`;
	let sse = options.transport === 'sse';
	let failures = 0;

	const socket = createWSClient({
		url: url.replace(/^http/, 'ws'),
		WebSocket: meteredSocket((ms) => options.onLatency?.(ms)),
		lazy: { enabled: true, closeMs: 10_000 },
		keepAlive: {
			enabled: true,
			intervalMs: PING_EVERY_MS,
			pongTimeoutMs: DEAD_AFTER_MS - PING_EVERY_MS
		},
		retryDelayMs: (attempt) =>
			attempt === 0 ? 100 : Math.min(500 * 2 ** attempt, 10_000) * (0.5 + Math.random() / 2),
		onOpen: () => (failures = 0),
		onClose: () => {
			if (++failures >= SOCKET_TRIES && !sse && options.transport !== 'ws') void fallBack();
		}
	});

	/** A server that is away answers nothing at all: then the socket keeps trying. */
	async function fallBack(): Promise<void> {
		failures = 0;
		const answer = await fetch(`${options.origin}/healthz`).catch(() => null);
		if (!answer?.ok || sse) return;
		sse = true;
		options.onFallback?.();
		void socket.close();
	}

	const client = createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) => op.type !== 'subscription',
				true: httpBatchLink({ url, transformer, maxItems: 20 }),
				false: splitLink({
					condition: () => sse,
					true: httpSubscriptionLink({ url, transformer }),
					false: wsLink({ client: socket, transformer })
				})
			})
		]
	});
	return { client, close: () => void socket.close() };
}

/** The browser's socket, with the time between PING and PONG reported; one is sent at once, so that a latency is known early. */
function meteredSocket(report: (ms: number) => void): typeof WebSocket {
	return class extends WebSocket {
		#sentAt = 0;

		constructor(url: string | URL, protocols?: string | string[]) {
			super(url, protocols);
			this.addEventListener('open', () => this.send('PING'));
			this.addEventListener('message', (event) => {
				if (event.data === 'PONG') report(performance.now() - this.#sentAt);
			});
		}

		override send(data: Parameters<WebSocket['send']>[0]): void {
			if (data === 'PING') this.#sentAt = performance.now();
			super.send(data);
		}
	};
}
