// Everything the fake model refuses with, and how each wire says it.
import type { ModelWire } from '#protocol/model/scenario.ts';

export type RefusalCode =
	| 'invalid'
	| 'unauthorized'
	| 'forbidden'
	| 'not_found'
	| 'wrong_method'
	| 'too_large'
	| 'rate_limited'
	| 'failed'
	| 'busy'
	| 'overloaded';

/** An answer that is an error. */
export class Refusal extends Error {
	override name = 'Refusal';
	readonly code: RefusalCode;
	/** Seconds. */
	readonly retryAfter: number | null;
	constructor(code: RefusalCode, message: string, retryAfter: number | null = null) {
		super(message);
		this.code = code;
		this.retryAfter = retryAfter;
	}
}

/** HTTP status, then the type of each wire. `overloaded` has a status of its own at Anthropic only. */
const WORDS: Record<
	RefusalCode,
	[status: number, anthropic: string, openai: string, gemini: string]
> = {
	invalid: [400, 'invalid_request_error', 'invalid_request_error', 'INVALID_ARGUMENT'],
	unauthorized: [401, 'authentication_error', 'invalid_api_key', 'UNAUTHENTICATED'],
	forbidden: [403, 'permission_error', 'permission_denied', 'PERMISSION_DENIED'],
	not_found: [404, 'not_found_error', 'not_found', 'NOT_FOUND'],
	wrong_method: [405, 'invalid_request_error', 'invalid_request_error', 'UNIMPLEMENTED'],
	too_large: [413, 'request_too_large', 'request_too_large', 'INVALID_ARGUMENT'],
	rate_limited: [429, 'rate_limit_error', 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED'],
	failed: [500, 'api_error', 'server_error', 'INTERNAL'],
	busy: [503, 'api_error', 'server_error', 'UNAVAILABLE'],
	overloaded: [503, 'overloaded_error', 'server_overloaded', 'UNAVAILABLE']
};

const OVERLOADED = 529;

/** Status and body of a refusal on a wire. */
export function refusalOn(wire: ModelWire, refusal: Refusal): { status: number; body: unknown } {
	const { code, message } = refusal;
	const [status, anthropic, openai, gemini] = WORDS[code];
	switch (wire) {
		case 'anthropic':
			return {
				status: code === 'overloaded' ? OVERLOADED : status,
				body: { type: 'error', error: { type: anthropic, message } }
			};
		case 'openai':
			return { status, body: { error: { message, type: openai, param: null, code: openai } } };
		case 'gemini':
			return { status, body: { error: { code: status, message, status: gemini } } };
	}
}
