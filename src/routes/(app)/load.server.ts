// Turns the refusal of a procedure into the page that says so.
import { error } from '@sveltejs/kit';

/** Awaits a call of a load function; a known refusal becomes its own error page, a fault is thrown on. */
export async function orErrorPage<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} catch (thrown) {
		const cause = thrown instanceof Error ? thrown.cause : null;
		if (cause instanceof Error && cause.name === 'AppError' && 'status' in cause)
			error(cause.status as number, cause.message);
		throw thrown;
	}
}
