import { client, enter, tell, text } from '../../forms.server.ts';
import type { Actions, PageServerLoad } from './$types';

// Looking at the page uses nothing up: previews and prefetches of a link must not spend it.
export const load: PageServerLoad = async ({ locals, params, setHeaders }) => {
	setHeaders({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
	const link = await locals.app.orgs.describeLink(params.code);
	const kind = link?.kind === 'setup' || link?.kind === 'sign_in' ? link.kind : null;
	return { kind, signedIn: locals.actor !== null };
};

export const actions: Actions = {
	signIn: (event) =>
		tell({}, async () => {
			const login = await event.locals.app.auth.redeemSignIn(event.params.code, client(event));
			return enter(event, login.token, '/village');
		}),
	setUp: async (event) => {
		const name = text(await event.request.formData(), 'name', 80);
		return tell({ name }, async () => {
			const login = await event.locals.app.orgs.setup(event.params.code, { name }, client(event));
			return enter(event, login.token, '/village');
		});
	}
};
