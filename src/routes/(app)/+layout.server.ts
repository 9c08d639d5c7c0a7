import { error, redirect } from '@sveltejs/kit';
import type { Me } from '#lib/state/workspace.svelte.ts';
import { orErrorPage } from './load.server.ts';
import type { LayoutServerLoad } from './$types';

/** Remembers the org a person works in, when there are several. */
const ORG_COOKIE = 'av_org';

export const load: LayoutServerLoad = async ({ locals, cookies, url, untrack }) => {
	const { actor, caller } = locals;
	if (!actor || actor.kind !== 'user') {
		const next = untrack(() => url.pathname + url.search);
		redirect(303, `/login?next=${encodeURIComponent(next)}`);
	}
	const [profile, orgs, villages] = await orErrorPage(
		Promise.all([caller.account.profile(), caller.orgs.list(), caller.villages.list()])
	);
	const member = villages.filter((village) => actor.memberships.has(village.orgId));
	const village = member.find((v) => v.orgId === cookies.get(ORG_COOKIE)) ?? member[0];
	if (!village)
		error(403, 'You are not a member of any organization. Ask an owner for an invitation.');
	const { id, name, email, isAdmin, hasPassword } = profile;
	const me: Me = {
		user: { id, name, email, isAdmin, hasPassword },
		orgs: orgs.flatMap((org) => {
			const grants = actor.memberships.get(org.id);
			return grants
				? [
						{
							id: org.id,
							name: org.name,
							role: grants.role,
							approve: grants.approve,
							limits: org.limits
						}
					]
				: [];
		})
	};
	const snapshot = await orErrorPage(caller.villages.state({ villageId: village.id }));
	return { me, orgId: village.orgId, snapshot };
};
