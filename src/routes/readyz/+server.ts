import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ locals }) => {
	const readiness = await locals.app.health.readiness();
	return json(readiness, { status: readiness.status === 'ready' ? 200 : 503 });
};
