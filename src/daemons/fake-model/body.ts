// Reads the body of a request: JSON of a bounded size, or a refusal.
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { Refusal } from './errors.ts';

/** Most bytes of one body: a long conversation with files in it, and no more. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Throws `Refusal` for a body that is too large or not JSON. What is left of a body too large is not read. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
	const tooLarge = () => new Refusal('too_large', `a body has at most ${maxBytes} bytes`);
	if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
	const encoding = request.headers['content-encoding'] ?? 'identity';
	if (encoding !== 'identity')
		throw new Refusal('invalid', `the encoding ${encoding.slice(0, 40)} is not read here`);
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > maxBytes) throw tooLarge();
		chunks.push(chunk);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString('utf8'));
	} catch {
		throw new Refusal('invalid', 'the body is not JSON');
	}
}

/** Throws `Refusal` naming the first field that does not fit. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0];
	const where = issue?.path.join('.') || 'the body';
	throw new Refusal('invalid', `${where}: ${issue?.message ?? 'does not fit'}`.slice(0, 300));
}
