// Server-sent events, as far as opencode uses them: `data:` lines, an empty line behind each event.
import { z } from 'zod';

/** Longest event, in characters; a longer one is passed over. */
const MAX_EVENT = 8 * 1024 * 1024;

/** An event of either generation of the protocol. */
export const Event = z
	.object({
		type: z.string(),
		properties: z.record(z.string(), z.unknown()).optional(),
		data: z.record(z.string(), z.unknown()).optional()
	})
	.transform(({ type, properties, data }) => ({ type, properties: properties ?? data ?? {} }));
export type Event = z.infer<typeof Event>;

/** Reads events until the stream ends. `lost` is called for each that nobody could read. Rejects when the stream breaks. */
export async function readEvents(
	stream: AsyncIterable<Uint8Array>,
	{ event, lost }: { event(event: Event): void; lost(): void }
): Promise<void> {
	const decoder = new TextDecoder();
	let rest = '';
	let data: string[] = [];
	let length = 0;
	let passing = false;

	function line(text: string): void {
		if (text !== '') {
			if (text.startsWith('data:')) keep(text.slice(5).trimStart());
			return;
		}
		const whole = data.join('\n');
		const dropped = passing;
		data = [];
		length = 0;
		passing = false;
		if (dropped) return lost();
		if (whole === '') return;
		const parsed = Event.safeParse(decoded(whole));
		if (parsed.success) event(parsed.data);
		else lost();
	}
	function keep(text: string): void {
		length += text.length;
		if (length > MAX_EVENT) passing = true;
		else data.push(text);
	}

	for await (const chunk of stream) {
		const pieces = decoder.decode(chunk, { stream: true }).split('\n');
		pieces[0] = rest + pieces[0]!;
		rest = pieces.pop()!;
		for (const piece of pieces) line(piece.replace(/\r$/, ''));
		if (rest.length > MAX_EVENT) {
			// What follows of this line is of the same event, which is passed over.
			rest = 'data:';
			passing = true;
		}
	}
}

function decoded(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return null;
	}
}
