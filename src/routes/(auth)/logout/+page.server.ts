import { redirect } from '@sveltejs/kit';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = () => redirect(303, '/login');

export const actions: Actions = {
	default: async ({ locals, cookies, url }) => {
		const { actor, app } = locals;
		if (actor) await app.auth.signOut(actor);
		const cookie = app.auth.sessions.sessionCookie(null, url.protocol === 'https:');
		cookies.set(cookie.name, cookie.value, cookie.options);
		redirect(303, '/login');
	}
};
