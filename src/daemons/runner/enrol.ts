// Joining a village: a one-use code is exchanged for this machine's own credential (control-plane.md 6.1).
import { arch, hostname, platform } from 'node:os';
import { z } from 'zod';
import { Id } from '#protocol/envelope.ts';

/** The server refused, or could not be reached. `code` is the server's, or `UNREACHABLE`. */
export class EnrolError extends Error {
	override name = 'EnrolError';
	readonly code: string;
	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

const Joined = z.object({ runnerId: Id, credential: z.string().min(1), wsUrl: z.url() });
export type Joined = z.infer<typeof Joined>;

const Answer = z.object({
	success: z.boolean(),
	data: z.unknown(),
	error: z.object({ code: z.string(), message: z.string() }).nullish()
});

/** How long the server may take to answer. */
const TIMEOUT_MS = 15_000;

/** The address of a village as it was typed: `http(s)://host[:port]`, without a path. @throws EnrolError `BAD_URL` */
export function villageUrl(typed: string): URL {
	let url: URL;
	try {
		url = new URL(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`);
	} catch {
		throw new EnrolError('BAD_URL', `${typed} is not an address`);
	}
	if (url.protocol !== 'http:' && url.protocol !== 'https:')
		throw new EnrolError('BAD_URL', 'the address starts with http:// or https://');
	if (url.username !== '' || url.password !== '')
		throw new EnrolError('BAD_URL', 'the address may hold no credentials');
	return new URL('/', url);
}

/** Exchanges a code for a credential. @throws EnrolError */
export async function joinVillage(
	url: URL,
	code: string,
	about: { runnerVersion: string; capacity?: number; features?: string[] }
): Promise<Joined> {
	let response: Response;
	try {
		response = await fetch(new URL('/api/runners/join', url), {
			method: 'POST',
			redirect: 'error',
			headers: { authorization: `Bearer ${code}`, 'content-type': 'application/json' },
			body: JSON.stringify({ hostname: hostname(), os: platform(), arch: arch(), ...about }),
			signal: AbortSignal.timeout(TIMEOUT_MS)
		});
	} catch (error) {
		const cause = error instanceof Error ? (error.cause ?? error) : error;
		throw new EnrolError('UNREACHABLE', `${url.origin} does not answer: ${String(cause)}`);
	}
	const answer = Answer.safeParse(await response.json().catch(() => null));
	if (!answer.success)
		throw new EnrolError(
			'NOT_A_VILLAGE',
			`${url.origin} answered ${response.status}, but not as a village does`
		);
	if (!answer.data.success)
		throw new EnrolError(
			answer.data.error?.code ?? 'INTERNAL_ERROR',
			answer.data.error?.message ?? `the server answered ${response.status}`
		);
	const joined = Joined.safeParse(answer.data.data);
	if (!joined.success)
		throw new EnrolError('NOT_A_VILLAGE', 'the answer of the server is incomplete');
	return joined.data;
}
