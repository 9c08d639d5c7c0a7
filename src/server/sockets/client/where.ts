// Where a subscription begins: what the client has, what is still kept, and the last page of the terminal for who has nothing.
import type { SessionDetail } from '#domain/views.ts';
import { AppError } from '#server/errors.ts';
import type { Terminals } from '#server/terminals/types.ts';
import type { LogEvent } from './frames.ts';

/** Bytes of the terminal that a client without an offset gets. */
const TAIL_BYTES = 65_536;

export interface Beginning {
	afterSeq: number;
	/** Null when nothing that was printed is kept. */
	fromOffset: number | null;
	/** Set when something the client wants is no longer kept. */
	gap: { firstSeq: number; firstOffset: number } | null;
	expired: boolean;
}

/** Throws `VALIDATION_ERROR` for a place ahead of the session. */
export async function beginningOf(
	session: SessionDetail,
	asked: { fromSeq?: number | undefined; fromOffset?: number | undefined },
	deps: {
		terminals: Pick<Terminals, 'read'>;
		events(afterSeq: number, limit: number): Promise<{ items: LogEvent[] }>;
	}
): Promise<Beginning> {
	const { firstOffset, nextOffset } = session.terminal;
	const { fromSeq, fromOffset } = asked;
	const ahead = (path: string, head: number) =>
		new AppError('VALIDATION_ERROR', `${path} is ahead of the session.`, {
			issues: [{ path, message: `At most ${head}.` }],
			seq: session.eventSeq,
			offset: nextOffset
		});
	if (fromSeq !== undefined && fromSeq > session.eventSeq) throw ahead('fromSeq', session.eventSeq);
	if (fromOffset !== undefined && fromOffset > nextOffset) throw ahead('fromOffset', nextOffset);

	let firstSeq = 1;
	if (fromSeq !== undefined && fromSeq < session.eventSeq) {
		const [first] = (await deps.events(fromSeq, 1)).items;
		firstSeq = first?.seq ?? session.eventSeq + 1;
	}
	const seqLost = fromSeq !== undefined && firstSeq > fromSeq + 1;
	const bytesLost = !session.dataExpired && fromOffset !== undefined && fromOffset < firstOffset;
	return {
		afterSeq: fromSeq === undefined ? session.eventSeq : seqLost ? firstSeq - 1 : fromSeq,
		fromOffset: session.dataExpired
			? null
			: fromOffset === undefined
				? await lineStart(session, deps.terminals)
				: Math.max(fromOffset, firstOffset),
		gap: seqLost || bytesLost ? { firstSeq, firstOffset } : null,
		expired: session.dataExpired && fromOffset !== undefined && fromOffset < nextOffset
	};
}

/** The first line that begins in the last bytes; the beginning of a character when no line does. */
async function lineStart(
	{ id, terminal: { firstOffset, nextOffset } }: SessionDetail,
	terminals: Pick<Terminals, 'read'>
): Promise<number> {
	const from = Math.max(firstOffset, nextOffset - TAIL_BYTES);
	if (from === 0) return 0;
	const { data, offset } = await terminals.read(id, from, nextOffset - from);
	const line = data.indexOf(0x0a);
	if (line >= 0) return offset + line + 1;
	let character = 0;
	while (character < 4 && (data[character] ?? 0) >> 6 === 0b10) character++;
	return offset + character;
}
