// Which pages are ours: the public URL, further origins by configuration, and this machine's own names.
import type { Config } from '#server/config.ts';
import { AppError } from '#server/errors.ts';
import type { ReadHeader } from './headers.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a host name (as in a URL) is this machine itself. */
export function isLoopback(hostname: string): boolean {
	return LOOPBACK.has(hostname) || LOOPBACK.has(`[${hostname}]`);
}

export interface Origins {
	/** Whether pages of that origin may use our sockets and cookies. `host` is the request's Host header. */
	allowed(origin: string, host: string | undefined): boolean;
	/** The origin under which a request reached us, for absolute addresses and SvelteKit's form check. */
	of(header: ReadHeader): string;
	/** Whether the login cookie of an upgrade counts: only with an allowed Origin. */
	cookieCountsOnUpgrade(header: ReadHeader): boolean;
	/** Throws `CSRF` unless a write with a cookie comes from our own pages and carries JSON. */
	demandOwnWrite(header: ReadHeader): void;
}

/**
 * Without a public URL the Host header says who we are. That is safe for cookies: a name that an attacker
 * points at us has no cookie of ours. Loopback names stand for each other as long as the port is the same.
 */
export function createOrigins(config: Pick<Config, 'publicUrl' | 'allowedOrigins'>): Origins {
	const own = config.publicUrl ? new URL(config.publicUrl).origin : null;
	const further = new Set(config.allowedOrigins);

	function allowed(origin: string, host: string | undefined): boolean {
		if (origin === own || further.has(origin)) return true;
		const from = parse(origin);
		const to = parse(`http://${host ?? ''}`);
		if (!from || !to || from.origin !== origin || from.protocol !== 'http:') return false;
		if (isLoopback(from.hostname) && isLoopback(to.hostname)) return from.port === to.port;
		return own === null && from.host === to.host;
	}

	return {
		allowed,
		of(header) {
			const host = header('host');
			const to = parse(`http://${host ?? ''}`);
			if (own === null) return to?.origin ?? 'http://localhost';
			const from = parse(header('origin') ?? '');
			const local = from && to && isLoopback(to.hostname) && from.origin === to.origin;
			return local ? from.origin : own;
		},
		cookieCountsOnUpgrade(header) {
			const origin = header('origin');
			return origin !== undefined && allowed(origin, header('host'));
		},
		demandOwnWrite(header) {
			const origin = header('origin');
			const ours =
				origin === undefined
					? header('sec-fetch-site') === 'same-origin'
					: allowed(origin, header('host'));
			if (!ours) throw new AppError('CSRF', 'This request did not come from our own pages.');
			const type = header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
			if (type !== 'application/json')
				throw new AppError('CSRF', 'Send application/json, or a bearer token.');
		}
	};
}

/** The address the server is reached at: the public URL, or the address it listens on. No slash at the end. */
export function baseUrl(config: Pick<Config, 'publicUrl' | 'host' | 'port'>): string {
	if (config.publicUrl) return config.publicUrl.replace(/\/+$/, '');
	const every = config.host === '0.0.0.0' || config.host === '::';
	const host = every ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
	return `http://${host}:${config.port}`;
}

function parse(url: string): URL | null {
	try {
		return new URL(url);
	} catch {
		return null;
	}
}
