// What the forms before sign-in share on the server: reading fields, who asks, and the cookie.
import { fail, isRedirect, redirect, type ActionFailure, type RequestEvent } from '@sveltejs/kit';

export interface FormFailure {
	message: string;
	/** What was typed, without passwords, so that nobody types it twice. */
	values: Record<string, string>;
}

/** A text field, trimmed and bounded. One that is missing, a file, or no text that can be stored is empty. */
export function text(form: FormData, name: string, max: number): string {
	const value = form.get(name);
	if (typeof value !== 'string' || value.includes('\0')) return '';
	const cut = value.trim().slice(0, max);
	return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** A password as typed; longer than any the server accepts is cut, so that it is refused and not stored. */
export function password(form: FormData, name = 'password'): string {
	const value = form.get(name);
	return typeof value === 'string' ? value.slice(0, 300) : '';
}

export function client(event: RequestEvent): { ip: string | null; agent: string | null } {
	return { ip: event.getClientAddress(), agent: event.request.headers.get('user-agent') };
}

/** A path of ours to go on to, never another site. */
export function nextPath(url: URL): string {
	const next = url.searchParams.get('next') ?? '';
	return /^\/(?![/\\])[^\\\s]*$/.test(next) ? next : '/village';
}

/** Sets the login cookie and goes on. */
export function enter(event: RequestEvent, token: string, to: string): never {
	const cookie = event.locals.app.auth.sessions.sessionCookie(
		token,
		event.url.protocol === 'https:'
	);
	event.cookies.set(cookie.name, cookie.value, cookie.options);
	redirect(303, to);
}

/** Runs a sign-in and turns a known refusal into the form's message; anything else is a fault and is thrown on. */
export async function tell(
	values: Record<string, string>,
	work: () => Promise<never>
): Promise<ActionFailure<FormFailure>> {
	try {
		return await work();
	} catch (error) {
		if (isRedirect(error)) throw error;
		if (!(error instanceof Error) || error.name !== 'AppError' || !('status' in error)) throw error;
		return fail(error.status as number, { message: error.message, values });
	}
}
