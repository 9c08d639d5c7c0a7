import { RunnerJoin } from '#protocol/rest/runner-join.ts';
import { failure, notAllowed, readBody, success } from '#server/http/envelope.ts';
import type { RequestHandler } from './$types';

/** A machine joins with a one-time code (control-plane.md 6.1). */
export const POST: RequestHandler = async ({ locals, request, getClientAddress, url }) => {
	const startedAt = performance.now();
	const { app, requestId } = locals;
	try {
		const ip = getClientAddress();
		const facts = await readBody(request, RunnerJoin, 65_536);
		const code = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
		const { runnerId, credential } = await app.runners.join(code, facts, { ip });
		const wsUrl = new URL('/ws/runner', app.config.publicUrl ?? url.origin);
		wsUrl.protocol = wsUrl.protocol === 'https:' ? 'wss:' : 'ws:';
		return success({ runnerId, credential, wsUrl: wsUrl.href }, requestId, startedAt, 201);
	} catch (error) {
		return failure(error, requestId, startedAt);
	}
};

export const fallback: RequestHandler = ({ locals }) => notAllowed(locals.requestId, ['POST']);
