import { z } from 'zod';
import { failure, notAllowed, readBody, success } from '#server/http/envelope.ts';
import type { RequestHandler } from './$types';

const word = (max: number, min = 1) =>
	z
		.string()
		.min(min)
		.max(max)
		.refine(
			(text) => !text.includes('\0') && text.isWellFormed(),
			'Contains characters that cannot be stored.'
		);

const Join = z.strictObject({
	hostname: word(255),
	os: word(64),
	arch: word(64),
	runnerVersion: word(64),
	capacity: z.number().int().min(1).max(100).optional(),
	features: z
		.array(z.string().regex(/^[a-z0-9._-]{1,40}$/))
		.max(32)
		.optional(),
	metadata: z
		.record(word(64), word(1000, 0))
		.refine((map) => Object.keys(map).length <= 32, 'At most 32 entries.')
		.optional()
});

/** A machine joins with a one-time code (control-plane.md 6.1). */
export const POST: RequestHandler = async ({ locals, request, getClientAddress, url }) => {
	const startedAt = performance.now();
	const { app, requestId } = locals;
	try {
		const ip = getClientAddress();
		const facts = await readBody(request, Join, 65_536);
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
