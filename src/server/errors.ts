// Known failures: a code from protocol/errors.ts, a sentence for people, and details for programs.
import { ERRORS, type ErrorCode } from '#protocol/errors.ts';

/** Thrown for every failure a caller is told about; anything else that is thrown is a bug and answers `INTERNAL_ERROR`. */
export class AppError extends Error {
	override name = 'AppError';
	readonly code: ErrorCode;
	readonly details: Record<string, unknown> | undefined;

	constructor(code: ErrorCode, message: string, details?: Record<string, unknown>) {
		super(message);
		this.code = code;
		this.details = details;
	}

	get status(): number {
		return ERRORS[this.code].status;
	}
}

/** Whether a value is a known failure, also across module graphs (dev reload keeps old classes alive). */
export function isAppError(value: unknown): value is AppError {
	return value instanceof Error && value.name === 'AppError' && 'code' in value;
}
