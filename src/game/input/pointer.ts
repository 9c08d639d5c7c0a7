// Mouse, pen and fingers on the canvas, as gestures: drag, pinch, tap, double tap, long press, wheel.
import type { Point } from '#domain/village.ts';

/** What the scene does with each gesture; places in CSS pixels relative to the canvas. */
export interface Gestures {
	/** True when something else than the map takes this drag (a house). */
	grab(at: Point): boolean;
	drag(dx: number, dy: number, at: Point): void;
	drop(at: Point): void;
	tap(at: Point, touch: boolean): void;
	doubleTap(at: Point): void;
	menu(at: Point, touch: boolean): void;
	hover(at: Point): void;
	leave(): void;
	zoom(direction: 1 | -1, at: Point): void;
}

const DRAG_START_PX = 5;
const LONG_PRESS_MS = 480;
const DOUBLE_TAP_MS = 320;
const WHEEL_STEP = 90;

/** Listens on the canvas until the returned function is called. */
export function listen(canvas: HTMLCanvasElement, gestures: Gestures): () => void {
	const pointers = new Map<number, Point>();
	let start: Point | null = null;
	let last: Point = { x: 0, y: 0 };
	let dragging = false;
	let pinch = 0;
	let press: ReturnType<typeof setTimeout> | undefined;
	let lastTap = { at: -Infinity, x: 0, y: 0 };
	let wheel = 0;
	const abort = new AbortController();
	const on = <K extends keyof HTMLElementEventMap>(
		type: K,
		handle: (event: HTMLElementEventMap[K]) => void,
		options?: AddEventListenerOptions
	) => canvas.addEventListener(type, handle, { ...options, signal: abort.signal });
	const place = (event: MouseEvent): Point => {
		const box = canvas.getBoundingClientRect();
		return { x: event.clientX - box.left, y: event.clientY - box.top };
	};
	const spread = () => {
		const [a, b] = [...pointers.values()];
		return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
	};
	const middle = (): Point => {
		const [a, b] = [...pointers.values()];
		return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : last;
	};

	on('pointerdown', (event) => {
		const at = place(event);
		pointers.set(event.pointerId, at);
		canvas.setPointerCapture(event.pointerId);
		clearTimeout(press);
		if (pointers.size === 2) {
			pinch = spread();
			last = middle();
			start = null;
			dragging = true;
			return;
		}
		if (event.button !== 0) return;
		start = at;
		last = at;
		dragging = false;
		gestures.grab(at);
		if (event.pointerType !== 'mouse')
			press = setTimeout(() => {
				if (!start || dragging) return;
				start = null;
				gestures.menu(at, true);
			}, LONG_PRESS_MS);
	});
	on('pointermove', (event) => {
		const at = place(event);
		if (pointers.has(event.pointerId)) pointers.set(event.pointerId, at);
		if (pointers.size >= 2) {
			const now = spread();
			const centre = middle();
			if (now > pinch * 1.28 || now < pinch / 1.28) {
				gestures.zoom(now > pinch ? 1 : -1, centre);
				pinch = now;
			}
			gestures.drag(centre.x - last.x, centre.y - last.y, centre);
			last = centre;
			return;
		}
		if (!pointers.has(event.pointerId)) {
			gestures.hover(at);
			return;
		}
		if (!dragging && start && Math.hypot(at.x - start.x, at.y - start.y) > DRAG_START_PX) {
			dragging = true;
			clearTimeout(press);
			last = start;
		}
		if (dragging) {
			gestures.drag(at.x - last.x, at.y - last.y, at);
			last = at;
		}
	});
	const up = (event: PointerEvent, cancelled: boolean) => {
		const at = place(event);
		pointers.delete(event.pointerId);
		clearTimeout(press);
		if (pointers.size === 1) {
			last = [...pointers.values()][0]!;
			return;
		}
		if (pointers.size > 1) return;
		if (dragging) gestures.drop(at);
		else if (start && !cancelled) {
			const double =
				event.timeStamp - lastTap.at < DOUBLE_TAP_MS &&
				Math.hypot(at.x - lastTap.x, at.y - lastTap.y) < 12;
			lastTap = { at: double ? -Infinity : event.timeStamp, x: at.x, y: at.y };
			if (double) gestures.doubleTap(at);
			else gestures.tap(at, event.pointerType !== 'mouse');
			gestures.drop(at);
		}
		start = null;
		dragging = false;
	};
	on('pointerup', (event) => up(event, false));
	on('pointercancel', (event) => up(event, true));
	on('pointerleave', () => gestures.leave());
	on('contextmenu', (event) => {
		event.preventDefault();
		if (event instanceof PointerEvent && event.pointerType === 'touch') return;
		gestures.menu(place(event), false);
	});
	on(
		'wheel',
		(event) => {
			event.preventDefault();
			// Two fingers on a touchpad pan; a mouse wheel and a pinch (ctrl) zoom.
			const unit = event.deltaMode === 1 ? 30 : 1;
			if (
				!event.ctrlKey &&
				event.deltaMode === 0 &&
				(event.deltaX !== 0 || Math.abs(event.deltaY) < 40)
			) {
				gestures.drag(-event.deltaX, -event.deltaY, place(event));
				return;
			}
			wheel += event.deltaY * unit * (event.ctrlKey ? 4 : 1);
			if (Math.abs(wheel) < WHEEL_STEP) return;
			gestures.zoom(wheel < 0 ? 1 : -1, place(event));
			wheel = 0;
		},
		{ passive: false }
	);
	return () => {
		clearTimeout(press);
		abort.abort();
	};
}
