// One session as its viewers see it: live bytes to all of them, who has the keyboard, which size the terminal gets.
import { TERMINAL_KIND, encodeTerminalFrame } from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import type { KeyboardPerson, KeyboardState } from '#protocol/terminal/keyboard.ts';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { SessionInput } from './input.ts';
import { FREE_KEYBOARD, keyboardAfter, leftKeyboard, type KeyboardResult } from './keyboard.ts';
import { FRAME_ROOM, frameOf } from './live-frame.ts';
import type { Mirrors } from './mirrors.ts';
import { createPace } from './pace.ts';
import { createRecent, type Recent } from './recent.ts';
import { createRing, type Ring } from './ring.ts';
import type { SessionStore } from './session-store.ts';
import type {
	AttachOptions,
	ExitInfo,
	Peer,
	RunnerPort,
	TerminalPhase,
	TerminalTimings,
	Viewer,
	ViewerIdentity
} from './types.ts';
import { createFollower, type Follower } from './viewer.ts';
import { sharedSize, type Size, type Viewport } from './viewport.ts';

export interface Room {
	readonly viewers: number;
	readonly lagging: number;
	readonly ringBytes: number;
	readonly keyboard: KeyboardState;
	phase: TerminalPhase;
	attempt: number;
	/** New terminal bytes, before they are written, behind room for the headers that are set here. */
	bytes(offset: number, memory: Buffer): void;
	/** The stored part grew, or a loss was declared, or the size changed: goes on with those who wait. */
	moved(): void;
	/** Everything before this session offset is stored: it is acknowledged when the furthest viewer was sent it, or soon. */
	stored(offset: number): void;
	sized(): void;
	setPhase(phase: TerminalPhase): void;
	exited(exit: ExitInfo & { offset: number }): void;
	/** Tells all that somebody wrote without the keyboard. */
	noteInput(by: string, bytes: number): void;
	setClientSize(clientId: string, size: Size | null): void;
	/** The runner came back: it is told the size again if it has another one. */
	linked(): void;
	attach(
		peer: Peer,
		who: ViewerIdentity & { canWrite: boolean },
		options: AttachOptions,
		ref: number
	): Viewer;
	/** The bytes were deleted. */
	expired(): void;
	/** Drops the ring when nobody has looked for a while. */
	sweep(nowMs: number): void;
	close(): void;
}

interface Seat extends Viewport {
	person: KeyboardPerson;
	peer: Peer;
	preview: boolean;
	canWrite: boolean;
	/** The viewer has said how large it is. */
	measured: boolean;
	follower: Follower;
	typed: number;
	/** Told `expired` or gone. */
	left: boolean;
}

/** Viewers of one session; more are refused. */
const MOST_VIEWERS = 1_000;

export function createRoom(deps: {
	store: SessionStore;
	stream: number;
	mirrors: Mirrors;
	input: SessionInput;
	port: RunnerPort;
	/** Tells the runner that everything before this session offset is safe. */
	acknowledge(offset: number): void;
	timings: TerminalTimings;
	log: Logger;
	monotonicMs(): number;
	phase: TerminalPhase;
	attempt: number;
	exit: (ExitInfo & { offset: number }) | null;
	onSnapshot(): void;
}): Room {
	const { store, stream, timings, port } = deps;
	const { sessionId } = store;
	// An array, because it is walked for every frame.
	let seats: Seat[] = [];
	let ring: Ring | null = null;
	let recent: Recent | null = null;
	const pace = createPace(deps.acknowledge);
	let emptySince = 0;
	let exit = deps.exit;
	let keyboard: KeyboardState = FREE_KEYBOARD;
	const clients = new Map<string, Size>();
	let asked: Size | null = null;
	let sizeTimer: NodeJS.Timeout | null = null;

	const source = {
		store,
		stream,
		get ring() {
			return ring;
		},
		get recent() {
			return recent;
		},
		get exit() {
			return exit;
		},
		screen: () => deps.mirrors.screen(store)
	};

	/** How far the furthest viewer is; infinite when nobody looks. */
	function furthest(): number {
		let sent = -1;
		for (const { follower } of seats) if (follower.next > sent) sent = follower.next;
		return sent < 0 ? Infinity : sent;
	}

	function tellAll(message: TerminalDown): void {
		for (const seat of seats) seat.peer.message(message);
	}

	function setKeyboard(state: KeyboardState): void {
		if (state === keyboard) return;
		keyboard = state;
		tellAll({ t: 'keyboard', stream, ...state });
	}

	function applySize(): void {
		sizeTimer = null;
		if (room.phase !== 'live' && room.phase !== 'paused') return;
		const wanted = sharedSize([
			...seats.filter((seat) => seat.measured),
			...[...clients.values()].map((size) => ({ ...size, visible: true, interactive: true }))
		]);
		if (!wanted) return;
		const has = asked ?? store.sizes.current;
		if (has.cols === wanted.cols && has.rows === wanted.rows) return;
		asked = wanted;
		port.resize(sessionId, room.attempt, wanted.cols, wanted.rows);
	}

	/** Several people who resize within a moment make one change. */
	function sizeSoon(): void {
		sizeTimer ??= setTimeout(applySize, timings.resizeMs);
	}

	const room: Room = {
		phase: deps.phase,
		attempt: deps.attempt,
		get viewers() {
			return seats.length;
		},
		get lagging() {
			return seats.reduce((sum, seat) => sum + (seat.follower.lagging ? 1 : 0), 0);
		},
		get ringBytes() {
			return ring ? ring.end - ring.start : 0;
		},
		get keyboard() {
			return keyboard;
		},
		bytes(offset, memory) {
			ring?.push(offset, memory.subarray(FRAME_ROOM));
			if (seats.length === 0) return;
			const frame = frameOf(memory, stream, offset);
			recent?.push(offset, frame);
			for (const seat of seats) seat.follower.offer(offset, frame);
		},
		moved() {
			for (const seat of seats)
				if (!seat.follower.live || seat.follower.next < store.terminal.head) seat.follower.pump();
		},
		stored: (offset) => pace.stored(offset, furthest()),
		sized() {
			for (const seat of seats) seat.follower.sized();
		},
		setPhase(phase) {
			if (phase === room.phase) return;
			room.phase = phase;
			if (phase !== 'ended') exit = null;
			tellAll({ t: 'phase', stream, phase });
			if (phase === 'live') sizeSoon();
		},
		exited(info) {
			exit = info;
			room.setPhase('ended');
			for (const seat of seats) seat.follower.pump();
		},
		noteInput(by, bytes) {
			tellAll({ t: 'input_note', stream, by, bytes });
		},
		setClientSize(clientId, size) {
			if (size) clients.set(clientId, size);
			else if (!clients.delete(clientId)) return;
			sizeSoon();
		},
		linked() {
			asked = null;
			sizeSoon();
		},
		attach(peer, who, options, ref) {
			if (seats.length >= MOST_VIEWERS)
				throw new AppError('RATE_LIMITED', 'Too many people look at this session.');
			ring ??= createRing(timings.ringBytes, store.terminal.head);
			recent ??= createRecent(timings.ringBytes);
			const { first, head } = store.terminal;
			const size = store.sizes.current;
			const asks = options.from ?? (options.exact ? first : undefined);
			const known =
				asks !== undefined &&
				asks <= head &&
				(options.exact || (asks >= first && head - asks <= timings.resumeBytes));
			// A session that printed nothing has nothing to paint.
			const from = known ? asks : head === 0 ? 0 : null;
			const person = { viewerId: peer.id, userId: who.userId, name: who.name };
			const seat: Seat = {
				person,
				peer,
				preview: options.preview ?? false,
				canWrite: who.canWrite,
				measured: options.cols !== undefined && options.rows !== undefined,
				cols: options.cols ?? 0,
				rows: options.rows ?? 0,
				visible: options.visible ?? true,
				interactive: who.canWrite && !options.preview,
				typed: 0,
				left: false,
				follower: createFollower({
					source,
					peer,
					exact: options.exact ?? false,
					timings,
					log: deps.log,
					onScreen: deps.onSnapshot
				})
			};
			seats.push(seat);
			peer.message({
				t: 'attached',
				ref,
				stream,
				sessionId,
				viewerId: peer.id,
				firstOffset: first,
				headOffset: head,
				resume: from === null ? 'snapshot' : 'bytes',
				cols: size.cols,
				rows: size.rows,
				canWrite: who.canWrite,
				phase: room.phase,
				keyboard
			});
			seat.follower.begin(from);
			if (seat.measured) sizeSoon();
			return viewer(seat);
		},
		expired() {
			tellAll({
				t: 'detached',
				stream,
				code: 'SESSION_DATA_EXPIRED',
				message: 'The output of this session is no longer kept.'
			});
			for (const seat of [...seats]) leave(seat);
		},
		sweep(nowMs) {
			if (seats.length > 0 || nowMs - emptySince < timings.ringKeepMs) return;
			ring = null;
			recent = null;
		},
		close() {
			if (sizeTimer) clearTimeout(sizeTimer);
			pace.close();
			for (const seat of seats) seat.follower.stop();
			seats = [];
		}
	};

	function leave(seat: Seat): void {
		if (seat.left) return;
		seat.left = true;
		seat.follower.stop();
		seats = seats.filter((one) => one !== seat);
		if (pace.holding) pace.progressed(furthest());
		if (seats.length === 0) emptySince = deps.monotonicMs();
		setKeyboard(leftKeyboard(keyboard, seat.person.viewerId).state);
		if (seat.measured && seat.interactive) sizeSoon();
	}

	function viewer(seat: Seat): Viewer {
		return {
			stream,
			acknowledge(offset) {
				seat.follower.acknowledge(offset);
				if (pace.holding) pace.progressed(seat.follower.next);
			},
			drained() {
				if (!seat.follower.live) seat.follower.pump();
				if (pace.holding) pace.progressed(seat.follower.next);
			},
			setSize(cols, rows) {
				if (seat.left || (seat.measured && seat.cols === cols && seat.rows === rows)) return;
				Object.assign(seat, { cols, rows, measured: true });
				sizeSoon();
			},
			setVisible(visible) {
				if (seat.left || seat.visible === visible) return;
				seat.visible = visible;
				sizeSoon();
			},
			keyboard(action, to) {
				if (seat.left) return;
				if (!seat.interactive && action !== 'release')
					throw new AppError('FORBIDDEN', 'You may look at this session, not type in it.');
				const result = keyboardAfter(keyboard, seat.person, action, to);
				if (!result.ok) throw refused(result);
				setKeyboard(result.state);
			},
			type(counter, data) {
				if (seat.left) return;
				if (!seat.interactive)
					throw new AppError('FORBIDDEN', 'You may look at this session, not type in it.');
				demandInput(room.phase);
				if (keyboard.holder?.viewerId !== seat.person.viewerId)
					throw new AppError(
						'KEYBOARD_HELD',
						keyboard.holder
							? `${keyboard.holder.name} has the keyboard.`
							: 'Ask for the keyboard first.'
					);
				deps.input.key(data, () => {
					if (seat.left) return;
					seat.typed = Math.max(seat.typed, counter);
					seat.peer.frame(
						Buffer.from(encodeTerminalFrame(TERMINAL_KIND.inputAck, stream, seat.typed).buffer)
					);
				});
			},
			setCanWrite(canWrite) {
				if (seat.left || seat.canWrite === canWrite) return;
				seat.canWrite = canWrite;
				seat.interactive = canWrite && !seat.preview;
				seat.peer.message({ t: 'access', stream, canWrite });
				if (!canWrite) setKeyboard(leftKeyboard(keyboard, seat.person.viewerId).state);
				sizeSoon();
			},
			detach: () => leave(seat)
		};
	}

	return room;
}

/** Throws when a session in this phase takes no input. */
export function demandInput(phase: TerminalPhase): void {
	if (phase === 'live') return;
	if (phase === 'paused')
		throw new AppError('SESSION_PAUSED', 'The session is paused; resume it to type.');
	throw new AppError(
		'INVALID_STATE',
		phase === 'ended' ? 'The session has ended.' : 'The session has not started yet.'
	);
}

function refused(result: KeyboardResult & { ok: false }): AppError {
	if (result.reason === 'not_holder')
		return new AppError('KEYBOARD_HELD', 'Only who has the keyboard can pass it on.');
	if (result.reason === 'no_request')
		return new AppError('CONFLICT', 'Nobody of that name asks for the keyboard.');
	return new AppError('RATE_LIMITED', 'Too many people ask for the keyboard.');
}
