// Every close code we send, and what the other side should do (control-plane.md 8.7).

/** Close codes of our websockets. */
export const CLOSE = {
	/** Done; nothing to do. */
	done: 1000,
	/** Going away (the page or the program ends). */
	goingAway: 1001,
	/** A binary message where only text is taken. */
	unsupported: 1003,
	/** A frame was bigger than the door allows. */
	tooBig: 1009,
	/** Our fault; come back with backoff. */
	internal: 1011,
	/** The server restarts; come back at once. */
	restarting: 1012,
	/** Too many bad frames. */
	protocolErrors: 4400,
	/** The credential was revoked or rotated out; do not come back with it. */
	unauthorized: 4401,
	/** The runner was deregistered; do not come back. */
	deregistered: 4403,
	/** No protocol version in common; update one side. */
	noCommonVersion: 4406,
	/** No hello, or no heartbeat, in time; come back with backoff. */
	timeout: 4408,
	/** A newer connection of the same peer took over. */
	replaced: 4409,
	/** More bytes under way than the door allows: a sender beyond its window, or a reader that does not read. */
	windowExceeded: 4413,
	/** Too many control frames. */
	flood: 4429
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** What a client does after a close: `stop` for ever, come back at once (`now`), or with backoff (`later`). */
export function afterClose(code: number): 'stop' | 'now' | 'later' {
	if (code === CLOSE.unauthorized || code === CLOSE.deregistered || code === CLOSE.noCommonVersion)
		return 'stop';
	return code === CLOSE.restarting ? 'now' : 'later';
}

/** The reason in words, for logs and for the person at the terminal. */
export function closeReason(code: number): string {
	switch (code) {
		case CLOSE.done:
			return 'done';
		case CLOSE.goingAway:
			return 'the other side went away';
		case CLOSE.unsupported:
			return 'a binary message where only text is taken';
		case CLOSE.internal:
			return 'a fault of the server';
		case CLOSE.unauthorized:
			return 'the credential was revoked or replaced';
		case CLOSE.deregistered:
			return 'the runner was removed from the village';
		case CLOSE.noCommonVersion:
			return 'the server and this version have no protocol in common';
		case CLOSE.restarting:
			return 'the server restarts';
		case CLOSE.timeout:
			return 'no sign of life in time';
		case CLOSE.replaced:
			return 'another connection of the same runner took over';
		case CLOSE.windowExceeded:
			return 'more bytes unread or unacknowledged than allowed';
		case CLOSE.protocolErrors:
			return 'too many frames that could not be read';
		case CLOSE.flood:
			return 'too many control frames';
		case CLOSE.tooBig:
			return 'a frame was too big';
		default:
			return `closed with ${code}`;
	}
}
