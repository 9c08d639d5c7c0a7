// The product as a script sees it: tRPC over HTTP with a token.
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import * as devalue from 'devalue';
import type { AppRouter } from '#server/trpc/router.ts';

export type Api = TRPCClient<AppRouter>;

/** A client that answers like any other client: errors are `TRPCClientError` with our code in `data.appCode`. */
export function apiOf(url: string, token: string): Api {
	return createTRPCClient<AppRouter>({
		links: [
			httpLink({
				url: `${url}/trpc`,
				headers: { authorization: `Bearer ${token}` },
				transformer: { serialize: devalue.stringify, deserialize: devalue.parse }
			})
		]
	});
}
