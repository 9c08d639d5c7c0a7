import { INPUT_QUEUE } from '#protocol/host/limits.ts';

const PIECE = 4096;
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 50;

export interface InputQueue {
	/** Next byte not yet written to the process: what the runner resends from. */
	readonly written: number;
	/** Next byte wanted. */
	readonly received: number;
	/**
	 * Takes bytes at their offset. What came before is dropped (exactly once); `gap`: bytes before
	 * them are missing, `full`: over the bound, `ended`: nobody reads. Then nothing is taken.
	 */
	push(offset: number, bytes: Uint8Array): 'taken' | 'gap' | 'full' | 'ended';
	/** Runs `action` once everything taken so far is written. */
	afterAll(action: () => void): void;
	/** Gives up what was not written; later input is `ended`. */
	close(): void;
}

/**
 * Input of one process. Bound: 1 MiB not yet written. A process that does not read is asked again
 * after 1 ms, then 2, up to 50: retrying in every turn costs a whole core (performance.md 1).
 */
export function createInputQueue(options: {
	/** Hands bytes over, says how many fit; throws when nobody reads any more. */
	write(bytes: Uint8Array): number;
	/** Called after progress, with the next byte not yet written. */
	onWritten(offset: number): void;
	/** Bound in bytes. */
	limit?: number;
}): InputQueue {
	const limit = options.limit ?? INPUT_QUEUE;
	const parts: Uint8Array[] = [];
	let received = 0;
	let written = 0;
	let closed = false;
	let retryMs = FIRST_RETRY_MS;
	let timer: NodeJS.Timeout | undefined;
	let afterwards: (() => void) | undefined;

	function flush(): void {
		timer = undefined;
		const before = written;
		try {
			for (let part = parts[0]; part; part = parts[0]) {
				const piece = part.subarray(0, PIECE);
				const taken = options.write(piece);
				written += taken;
				if (taken === part.length) parts.shift();
				else parts[0] = part.subarray(taken);
				if (taken < piece.length) break;
			}
		} catch {
			close();
		}
		if (written > before) options.onWritten(written);
		if (closed) return;
		if (parts.length > 0) {
			retryMs = written > before ? FIRST_RETRY_MS : Math.min(retryMs * 2, LAST_RETRY_MS);
			timer = setTimeout(flush, retryMs);
		} else {
			retryMs = FIRST_RETRY_MS;
			afterwards?.();
			afterwards = undefined;
		}
	}

	function close(): void {
		closed = true;
		parts.length = 0;
		clearTimeout(timer);
	}

	return {
		get written() {
			return written;
		},
		get received() {
			return received;
		},
		push(offset, bytes) {
			if (closed) return 'ended';
			if (offset > received) return 'gap';
			const fresh = bytes.subarray(received - offset);
			if (fresh.length === 0) return 'taken';
			if (received - written + fresh.length > limit) return 'full';
			received += fresh.length;
			// Copied: the caller's bytes lie in the buffer of a socket.
			parts.push(new Uint8Array(fresh));
			if (!timer) flush();
			return 'taken';
		},
		afterAll(action) {
			if (closed) return;
			if (parts.length === 0) action();
			else afterwards = action;
		},
		close
	};
}
