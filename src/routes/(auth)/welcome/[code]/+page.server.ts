import { redirect } from '@sveltejs/kit';
import type { PageServerLoad } from './$types';

// One page takes the set-up code and the sign-in code: it looks at what the code is for.
export const load: PageServerLoad = ({ params }) =>
	redirect(303, `/sign-in/${encodeURIComponent(params.code)}`);
