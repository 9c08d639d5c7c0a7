// The terminal client of a page: one socket for all its terminals. A layout provides it; a terminal that stands alone
// opens its own.
import { createContext } from 'svelte';
import { createTerminalClient, type SocketLike, type TerminalClient } from './client.ts';

const [get, set] = createContext<TerminalClient>();

/** Opens the client of a browser page; nothing connects until a terminal is shown. Close it with the page. */
export function openPageClient(): TerminalClient {
	const client = createTerminalClient({
		open() {
			const url = new URL('/ws/terminal', location.href);
			url.protocol = url.protocol.replace('http', 'ws');
			return new WebSocket(url) as unknown as SocketLike;
		},
		later(work, ms) {
			const timer = setTimeout(work, ms);
			return () => clearTimeout(timer);
		},
		random: Math.random
	});
	const wake = () => client.wake();
	const seen = () => document.hidden || wake();
	addEventListener('online', wake);
	document.addEventListener('visibilitychange', seen);
	return {
		...client,
		close() {
			removeEventListener('online', wake);
			document.removeEventListener('visibilitychange', seen);
			client.close();
		}
	};
}

/** Makes one client that all terminals below this component share. Call it while a layout starts, in the browser. */
export function provideTerminals(client: TerminalClient): void {
	set(client);
}

/** The client a layout provides, or null. */
export function providedTerminals(): TerminalClient | null {
	try {
		return get();
	} catch {
		return null;
	}
}
