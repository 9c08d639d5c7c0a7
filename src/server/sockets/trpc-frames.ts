// A feed frame leaves in two fragments: what is the subscriber's own, then bytes that all subscribers share. Nothing is
// copied or encoded per subscriber but a line.
import type { WebSocket } from 'ws';
import { jsonEncoder } from '@trpc/server/adapters/ws';
import { END_OF_MESSAGE, SharedText } from '#server/trpc/serialize.ts';

/** A message of tRPC's protocol whose `result.data` is shared. */
interface SharedMessage {
	id: unknown;
	jsonrpc?: unknown;
	result: { type: 'data'; id?: string; data: SharedText };
}

/** Waits for `sharingSend`, between tRPC's encoder and the socket. */
class Prepared {
	readonly head: string;
	readonly shared: SharedText;
	constructor({ id, jsonrpc, result: { data, ...result } }: SharedMessage) {
		this.head = `${JSON.stringify({ id, jsonrpc, result }).slice(0, -2)},"data":`;
		this.shared = data;
	}
}

/** Below this many characters one frame is cheaper than two. */
const SMALL = 2_048;

export const sharingEncoder: typeof jsonEncoder = {
	...jsonEncoder,
	encode(message) {
		const { result } = message as { result?: { data?: unknown } };
		if (!(result?.data instanceof SharedText)) return jsonEncoder.encode(message);
		// Goes through tRPC untouched to the `send` below.
		return new Prepared(message as SharedMessage) as unknown as string;
	}
};

/** Teaches a socket to send what the encoder prepared. */
export function sharingSend(socket: WebSocket): void {
	const send = socket.send.bind(socket) as (data: unknown, options?: object) => void;
	socket.send = ((data: unknown, ...rest: []) => {
		if (!(data instanceof Prepared)) return send(data, ...rest);
		const { head, shared } = data;
		if (shared.literal.length < SMALL) return send(head + shared.literal + END_OF_MESSAGE);
		send(head, { fin: false });
		send(shared.tail, { binary: false });
	}) as WebSocket['send'];
}
