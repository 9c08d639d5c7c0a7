import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, parent }) => {
	const { orgId } = await parent();
	return { first: await locals.caller.sessions.list({ orgId, page: 1, pageSize: 50 }) };
};
