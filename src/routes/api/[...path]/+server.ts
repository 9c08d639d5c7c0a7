import { answerRest } from '#server/http/rest/handler.ts';
import type { RequestHandler } from './$types';

/** Every method of every address below /api that has no file of its own. */
export const fallback: RequestHandler = ({ locals, request }) => answerRest({ ...locals, request });
