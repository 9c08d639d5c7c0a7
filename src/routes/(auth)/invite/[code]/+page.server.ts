import { redirect } from '@sveltejs/kit';
import { client, enter, password, tell, text } from '../../forms.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params, setHeaders }) => {
	setHeaders({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
	const link = await locals.app.orgs.describeLink(params.code);
	const invitation =
		link?.kind === 'invitation' ? { org: link.orgName, role: link.role, email: link.email } : null;
	return { invitation, as: locals.actor?.kind === 'user' ? locals.actor.name : null };
};

export const actions: Actions = {
	join: async (event) => {
		const form = await event.request.formData();
		const values = { name: text(form, 'name', 80), email: text(form, 'email', 320) };
		return tell(values, async () => {
			const login = await event.locals.app.orgs.acceptInvitation(
				event.params.code,
				{ ...values, password: password(form) },
				client(event)
			);
			return enter(event, login.token, '/village');
		});
	},
	joinAs: async (event) => {
		const { actor } = event.locals;
		if (!actor) redirect(303, `/login?next=/invite/${event.params.code}`);
		return tell({}, async () => {
			await event.locals.app.orgs.acceptInvitationAs(actor, event.params.code);
			return redirect(303, '/village');
		});
	}
};
