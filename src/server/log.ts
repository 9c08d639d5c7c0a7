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

/** Opens the root logger. `error` is a promise that a human should look. */
export function createLog(level: string, destination?: DestinationStream): Logger {
	const options = {
		level,
		base: null,
		timestamp: pino.stdTimeFunctions.isoTime,
		mixin: () => context.getStore() ?? {},
		redact: { paths: [...SECRETS, 'headers["set-cookie"]'], censor: '[redacted]' },
		serializers: { err: pino.stdSerializers.errWithCause }
	};
	return destination ? pino(options, destination) : pino(options, pino.destination(2));
}
