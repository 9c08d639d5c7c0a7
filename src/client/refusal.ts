// Why something was not done: a code to decide by, and a sentence for the log.

/** Codes of this side; all others are the server's (docs/protocol.md). */
export type OwnCode =
	/** Closed by `close()`. */
	| 'CLOSED'
	/** No answer in time. */
	| 'TIMEOUT'
	/** The connection broke before the answer: it may or may not have been done. */
	| 'UNCONFIRMED';

export class Refusal extends Error {
	override name = 'Refusal';
	readonly code: string;
	readonly details: Record<string, unknown> | undefined;

	constructor(code: string, message: string, details?: Record<string, unknown>) {
		super(message);
		this.code = code;
		this.details = details;
	}
}
