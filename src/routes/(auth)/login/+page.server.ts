import { redirect } from '@sveltejs/kit';
import { client, enter, nextPath, password, tell, text } from '../forms.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
	if (locals.actor) redirect(303, nextPath(url));
	return { hasOwner: await locals.app.auth.hasOwner() };
};

export const actions: Actions = {
	default: async (event) => {
		const form = await event.request.formData();
		const email = text(form, 'email', 320);
		return tell({ email }, async () => {
			const login = await event.locals.app.auth.signIn(
				{ email, password: password(form) },
				client(event)
			);
			return enter(event, login.token, nextPath(event.url));
		});
	}
};
