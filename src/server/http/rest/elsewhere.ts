// Routes of `/api` that are files of their own, because they are no calls of a signed-in person or give no JSON: described
// here, so that the OpenAPI description has them too.
import { z } from 'zod';
import { Id } from '#protocol/envelope.ts';
import { RunnerJoin, RunnerJoined } from '#protocol/rest/runner-join.ts';
import type { Described } from './route.ts';

export const ELSEWHERE: readonly Described[] = [
	{
		method: 'POST',
		path: '/api/runners/join',
		id: 'joinRunner',
		summary: 'A machine joins with a one-time code as its bearer token.',
		right: null,
		body: RunnerJoin,
		answer: { name: 'RunnerJoined', schema: RunnerJoined },
		status: 201
	},
	{
		method: 'GET',
		path: '/api/sessions/{sessionId}/transcript',
		id: 'getTranscript',
		summary: 'What a session printed: asciicast v2, plain text, or the bytes themselves.',
		right: 'session.read',
		params: z.strictObject({ sessionId: Id }),
		query: z.strictObject({ format: z.enum(['cast', 'txt', 'raw']).default('cast') }),
		answer: {
			media: {
				'application/x-asciicast': 'format=cast',
				'text/plain': 'format=txt',
				'application/octet-stream': 'format=raw'
			}
		}
	}
];
