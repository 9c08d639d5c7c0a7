// Structured logs: JSON lines with request and session ids, secrets cut out at this one place.
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** What every line written inside a request or a socket message carries. */
export interface LogContext {
	requestId?: string;
	userId?: string;
	sessionId?: string;
	runnerId?: string;
}

const context = new AsyncLocalStorage<LogContext>();

/** Runs `work` with fields that each log line inside it carries. */
export function withLogContext<T>(fields: LogContext, work: () => T): T {
	return context.run({ ...context.getStore(), ...fields }, work);
}

/** The request id in force, for error answers. */
export function currentRequestId(): string | undefined {
	return context.getStore()?.requestId;
}

const SECRETS = [
	'authorization',
	'cookie',
	'token',
	'secret',
	'password',
	'credential',
	'joinToken',
	'data'
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

const CENSOR = '[redacted]';

/** An error as it is logged: a failed query is told, the values it was given are not; they are people's words and secrets. */
function errorWithoutValues(error: unknown): unknown {
	return error instanceof Error ? stripped(pino.stdSerializers.errWithCause(error)) : error;
}

function stripped(told: Record<string, unknown>): Record<string, unknown> {
	const out: Record<string, unknown> = { ...told };
	const { message, stack } = told;
	if (typeof message === 'string' && message.includes('\nparams: ')) {
		out.message = `${message.slice(0, message.indexOf('\nparams: '))}\nparams: ${CENSOR}`;
		if (typeof stack === 'string') out.stack = stack.replace(message, () => out.message as string);
	}
	for (const name of ['params', 'parameters', 'args', 'where']) if (name in out) out[name] = CENSOR;
	if (typeof out.detail === 'string' && out.detail.startsWith('Failing row')) out.detail = CENSOR;
	const { cause } = out;
	if (typeof cause === 'object' && cause !== null)
		out.cause = stripped(cause as Record<string, unknown>);
	return out;
}

/** Opens the root logger. `error` is a promise that a human should look. */
export function createLog(level: string, destination?: DestinationStream): Logger {
	const options = {
		level,
		base: null,
		timestamp: pino.stdTimeFunctions.isoTime,
		mixin: () => context.getStore() ?? {},
		redact: { paths: [...SECRETS, 'headers["set-cookie"]'], censor: CENSOR },
		serializers: { err: errorWithoutValues }
	};
	return destination ? pino(options, destination) : pino(options, pino.destination(2));
}
