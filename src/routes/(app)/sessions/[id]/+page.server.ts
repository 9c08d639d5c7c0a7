import { orErrorPage } from '../../load.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, params }) => ({
	session: await orErrorPage(locals.caller.sessions.get({ sessionId: params.id }))
});
