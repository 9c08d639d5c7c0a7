// Where the control plane is and who asks, given or from the environment.

export interface ConnectionSettings {
	/** `ws://host/ws`. Default: `CONTROL_PLANE_WS_URL`, else made of the API address. */
	wsUrl?: string;
	/** `http://host`. Default: `CONTROL_PLANE_API_URL`, else made of the socket's address. */
	apiUrl?: string;
	/** An API or session token, or what fetches one. Default: `CONTROL_PLANE_AUTH_TOKEN`. */
	token?: Token;
}

/** A function is asked again whenever a token has run out. */
export type Token = string | (() => string | Promise<string>);

export interface Place {
	/** Without a slash at the end. */
	apiUrl: string;
	wsUrl: string;
	token: () => Promise<string>;
}

/** Throws an `Error` in words when an address or the token is missing, or an address is none. */
export function placeOf(
	settings: ConnectionSettings,
	env: Record<string, string | undefined> = process.env
): Place {
	const ws = settings.wsUrl ?? env.CONTROL_PLANE_WS_URL;
	const api = settings.apiUrl ?? env.CONTROL_PLANE_API_URL;
	const token = settings.token ?? env.CONTROL_PLANE_AUTH_TOKEN;
	if (!ws && !api)
		throw new Error(
			'Say where the control plane is: CONTROL_PLANE_API_URL or CONTROL_PLANE_WS_URL.'
		);
	if (!token) throw new Error('Say who asks: CONTROL_PLANE_AUTH_TOKEN.');
	const apiUrl = api
		? parsed(api, /^https?:$/).href
		: new URL('/', parsed(ws!, /^wss?:$/).href.replace(/^ws/, 'http')).href;
	const wsUrl = ws
		? parsed(ws, /^wss?:$/).href
		: new URL('/ws', parsed(api!, /^https?:$/).href.replace(/^http/, 'ws')).href;
	return {
		apiUrl: apiUrl.replace(/\/+$/, ''),
		wsUrl,
		token: async () => (typeof token === 'function' ? token() : token)
	};
}

function parsed(text: string, protocol: RegExp): URL {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (!url || !protocol.test(url.protocol))
		throw new Error(`"${text}" is no address of a control plane.`);
	return url;
}
