// The typed client of everything else: tRPC over HTTP, subscriptions over its own socket when there are any.
import {
	createTRPCClient,
	createWSClient,
	httpBatchLink,
	splitLink,
	wsLink,
	type TRPCClient
} from '@trpc/client';
import * as devalue from 'devalue';
import { WebSocket } from 'ws';
import type { AppRouter } from '#server/trpc/router.ts';
import { placeOf, type ConnectionSettings } from './settings.ts';

export type { AppRouter };
export type Client = TRPCClient<AppRouter>;

const transformer = { serialize: devalue.stringify, deserialize: devalue.parse };

/**
 * A client of the tRPC API. Errors are tRPC's, with our code in `data.appCode`. Reads `CONTROL_PLANE_API_URL` and
 * `CONTROL_PLANE_AUTH_TOKEN` where it is not told otherwise; throws an `Error` when one is missing.
 */
export function createClient(settings: ConnectionSettings = {}): Client {
	const { apiUrl, token } = placeOf(settings);
	const url = `${apiUrl}/trpc`;
	let bearer = '';
	const authorization = async () => (bearer = `Bearer ${await token()}`);
	const socket = createWSClient({
		url: async () => {
			await authorization();
			return url.replace(/^http/, 'ws');
		},
		// A credential travels in a header, never in an address.
		WebSocket: class extends WebSocket {
			constructor(address: string | URL, protocols?: string | string[]) {
				super(address, protocols ?? [], { headers: { authorization: bearer } });
			}
		} as unknown as typeof globalThis.WebSocket,
		lazy: { enabled: true, closeMs: 1_000 },
		keepAlive: { enabled: true, intervalMs: 25_000, pongTimeoutMs: 35_000 }
	});
	return createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) => op.type === 'subscription',
				true: wsLink({ client: socket, transformer }),
				false: httpBatchLink({
					url,
					transformer,
					maxItems: 20,
					headers: async () => ({ authorization: await authorization() })
				})
			})
		]
	});
}
