// Hands what comes from the server to the emulator in order: sizes and screens at exactly their byte, and tells what is parsed.

/** The part of xterm that is needed here. */
export interface Screen {
	write(data: Uint8Array, parsed: () => void): void;
	resize(cols: number, rows: number): void;
	reset(): void;
}

export interface Feeder {
	/** Everything before this was handed over: where a broken connection goes on. -1 before the first byte or screen. */
	readonly received: number;
	begin(offset: number): void;
	bytes(offset: number, data: Uint8Array): void;
	snapshot(offset: number, cols: number, rows: number, text: Uint8Array): void;
	size(offset: number, cols: number, rows: number): void;
	gap(to: number): void;
	/** Calls back when everything handed over so far is on the screen. */
	settled(done: () => void): void;
	/** A new connection tells again which sizes come. */
	reconnected(): void;
	close(): void;
}

type Step =
	| { do: 'write'; data: Uint8Array; end: number }
	| { do: 'resize'; cols: number; rows: number }
	| { do: 'reset' }
	| { do: 'parsed'; end: number }
	| { do: 'call'; call: () => void };

/** Acknowledged at once after this many parsed bytes, otherwise after a moment of calm. */
const ACK_BYTES = 65_536;
const ACK_MS = 50;

/** @param acknowledge called with the session offset up to which everything is parsed */
export function createFeeder(screen: Screen, acknowledge: (offset: number) => void): Feeder {
	// Bound: what the server sends without acknowledgement, half a megabyte, and one screen.
	let steps: Step[] = [];
	/** Sizes that are in force from a byte that has not come yet. */
	let sizes: { offset: number; cols: number; rows: number }[] = [];
	let received = -1;
	let parsed = 0;
	let acked = 0;
	/** Writes whose callback has not come. */
	let writing = 0;
	let timer: ReturnType<typeof setTimeout> | null = null;
	let closed = false;

	function told(end: number): void {
		parsed = end;
		if (parsed - acked >= ACK_BYTES) tell();
		else timer ??= setTimeout(tell, ACK_MS);
	}

	function tell(): void {
		if (timer) clearTimeout(timer);
		timer = null;
		if (closed || parsed === acked) return;
		acked = parsed;
		acknowledge(parsed);
	}

	function run(): void {
		while (!closed) {
			const step = steps[0];
			// Sizes and resets wait until the emulator has parsed what came before them.
			if (!step || (step.do !== 'write' && writing > 0)) return;
			steps.shift();
			if (step.do === 'write') {
				writing++;
				screen.write(step.data, () => {
					writing--;
					if (closed) return;
					if (step.end >= 0) told(step.end);
					run();
				});
			} else if (step.do === 'resize') screen.resize(step.cols, step.rows);
			else if (step.do === 'reset') screen.reset();
			else if (step.do === 'parsed') told(step.end);
			else step.call();
		}
	}

	function reachedSizes(): void {
		while (sizes[0] && sizes[0].offset <= received) {
			const { cols, rows } = sizes.shift()!;
			steps.push({ do: 'resize', cols, rows });
		}
	}

	return {
		get received() {
			return received;
		},
		begin(offset) {
			if (received < 0) received = parsed = acked = offset;
			acked = Math.min(acked, offset);
		},
		bytes(offset, data) {
			if (received < 0) received = offset;
			// What a reconnect repeats is dropped; a hole cannot be: the server says gap or sends a screen.
			let rest = offset < received ? data.subarray(received - offset) : data;
			while (rest.length > 0) {
				const next = sizes[0];
				const length = next ? Math.min(rest.length, next.offset - received) : rest.length;
				received += length;
				steps.push({ do: 'write', data: rest.subarray(0, length), end: received });
				rest = rest.subarray(length);
				reachedSizes();
			}
			run();
		},
		snapshot(offset, cols, rows, text) {
			sizes = [];
			received = offset;
			acked = Math.min(acked, offset);
			steps.push({ do: 'reset' }, { do: 'resize', cols, rows });
			steps.push({ do: 'write', data: text, end: offset });
			run();
		},
		size(offset, cols, rows) {
			sizes.push({ offset, cols, rows });
			if (received >= 0) reachedSizes();
			run();
		},
		gap(to) {
			received = to;
			steps.push({ do: 'parsed', end: to });
			reachedSizes();
			run();
		},
		settled(done) {
			steps.push({ do: 'call', call: done });
			run();
		},
		reconnected() {
			sizes = [];
		},
		close() {
			closed = true;
			steps = [];
			if (timer) clearTimeout(timer);
		}
	};
}
