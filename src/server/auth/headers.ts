// Request headers, whoever parsed them: Node's http server or the web platform.
import type { IncomingHttpHeaders } from 'node:http';

/** Reads one header by its lower-case name. */
export type ReadHeader = (name: string) => string | undefined;

export function headerReader(headers: Headers | IncomingHttpHeaders): ReadHeader {
	if (headers instanceof Headers) return (name) => headers.get(name) ?? undefined;
	return (name) => {
		const value = headers[name];
		return Array.isArray(value) ? value[0] : value;
	};
}
