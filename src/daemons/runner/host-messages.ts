// What the session host says, passed on to the server.
import type { HostDown } from '#protocol/host/down.ts';
import type { HostWelcome } from '#protocol/host/welcome.ts';
import { KIND } from '#protocol/runner/binary.ts';
import type { Adoption } from './adoption.ts';
import type { Ends } from './ends.ts';
import type { Held } from './held-session.ts';
import type { No, Starts } from './starts.ts';
import { refOf, type Table } from './table.ts';

/** After this long input that the host could not take is handed to it again. */
const INPUT_AGAIN_MS = 100;

type Message = Exclude<HostDown, HostWelcome>;
type Failure = Extract<HostDown, { t: 'start_failed' }>;

/** The server's word for the host's refusal. */
function refusalOf({ code, message }: Failure): No {
	const words = message.slice(0, 1000);
	if (code === 'bad_spec' || code === 'stale') return { code, message: words, retryable: false };
	if (code === 'spawn_failed') return { code: 'internal', message: words, retryable: false };
	return { code: 'no_capacity', message: words, retryable: true };
}

export function createHostMessages(
	table: Table,
	parts: { starts: Starts; ends: Ends; adoption: Adoption }
): (message: Message) => void {
	const { options } = table;
	const { starts, ends, adoption } = parts;

	function gap(held: Held, message: Extract<HostDown, { t: 'gap' }>): void {
		const { streamId, kind, from, to, reason } = message;
		options.push({ t: 'stream.gap', streamId, kind, from, to, reason });
		if (held.output.next(kind) !== null) held.output.follow(kind, to);
		ends.sendExitWhenDone(held);
	}

	/** The host could not take input: it gets it again, in order, when it can. */
	function inputRefused(held: Held, message: Extract<HostDown, { t: 'nack' }>): void {
		if (message.kind !== KIND.input || message.reason === 'ended') return;
		held.inputTimer ??= setTimeout(() => {
			held.inputTimer = undefined;
			for (const part of held.input.again(held.input.acked))
				options.host()?.input(held.record.streamId, part.offset, part.bytes);
		}, INPUT_AGAIN_MS);
	}

	return (message) => {
		if (message.t === 'stats_reply' || message.t === 'discarded' || message.t === 'pong') return;
		if (message.t === 'error')
			return options.onNote(`session host: ${message.code} ${message.message}`);
		const held =
			message.t === 'nack' || message.t === 'gap'
				? table.findStream(message.streamId)
				: table.find(message);
		if (!held) return;
		switch (message.t) {
			case 'nack':
				return inputRefused(held, message);
			case 'gap':
				return gap(held, message);
			case 'started':
				held.pid = message.pid;
				held.startMessage = null;
				held.phase = 'live';
				held.record.started = true;
				options.state.writeSession(held.record);
				return starts.sendStarted(held);
			case 'start_failed':
				starts.reject(held.record, refusalOf(message));
				held.phase = 'exited';
				return ends.discard(held);
			case 'paused':
			case 'resumed':
				if (message.ok) held.phase = message.t === 'paused' ? 'paused' : 'live';
				return options.push({
					t: message.t === 'paused' ? 'session.paused' : 'session.resumed',
					...refOf(held),
					requestId: message.requestId,
					ok: message.ok,
					...(message.method ? { method: message.method } : {}),
					...(message.message ? { message: message.message.slice(0, 500) } : {})
				});
			case 'exited':
				return ends.exited(held, message);
			case 'input_ack':
				held.input.written(message.offset);
				return options.ackInput(held.record.streamId, held.input.acked);
			case 'approval.request':
				return adoption.askServer(held, message);
			case 'approval.applied': {
				const { approvalId, generation, effect, by } = message;
				held.asks.delete(approvalId);
				return options.push({
					t: 'approval.applied',
					approvalId,
					generation,
					effect,
					...(by ? { by } : {})
				});
			}
			case 'approval.withdrawn': {
				const { approvalId, reason } = message;
				held.asks.delete(approvalId);
				return options.push({ t: 'approval.withdrawn', approvalId, reason });
			}
		}
	};
}
