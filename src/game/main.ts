// Mounts the village: a canvas for the picture and one above it for words, one scene, one loop that sleeps whenever nothing changes.
// Knows the port, the domain and Phaser; never Svelte, and no DOM but its own two canvases.
import * as Phaser from 'phaser';
import { TILE } from '#domain/village.ts';
import type { GameHandle, GamePort, VillageChange } from './port.ts';
import { createGestures } from './input/act.ts';
import { listenKeys } from './input/keys.ts';
import { listen } from './input/pointer.ts';
import { VillageScene } from './scenes/village.ts';

/** Thrown by `create` where the browser offers no WebGL: show the list instead, and say why. */
export class NoWebGLError extends Error {
	readonly code = 'NO_WEBGL';
	constructor() {
		super('This browser offers no WebGL, which the map needs');
		this.name = 'NoWebGLError';
	}
}

function hasWebGL(): boolean {
	try {
		const context = document.createElement('canvas').getContext('webgl');
		context?.getExtension('WEBGL_lose_context')?.loseContext();
		return context !== null;
	} catch {
		return false;
	}
}

const FRAME_MS = 1000 / 60;
const EARLY_LIMIT = 8;
/** Changes waiting for the next frame. Beyond, they are folded into one snapshot taken from the port: nothing is lost. */
const BUFFER_LIMIT = 5_000;

/**
 * Starts the game in `parent` (which has a size) and returns its handle.
 * @throws NoWebGLError when the browser cannot draw it.
 */
export function create(parent: HTMLElement, port: GamePort): GameHandle {
	if (!hasWebGL()) throw new NoWebGLError();
	const wantsCalm = window.matchMedia('(prefers-reduced-motion: reduce)');
	const frame = document.createElement('div');
	frame.style.cssText =
		'position:relative;width:100%;height:100%;overflow:hidden;background:#2c5a4a';
	const words = document.createElement('canvas');
	words.style.cssText =
		'position:absolute;inset:0;width:100%;height:100%;touch-action:none;outline-offset:-3px';
	words.tabIndex = 0;
	words.setAttribute('role', 'img');
	words.setAttribute('aria-label', 'Map of the village. The list shows the same and more.');
	parent.append(frame);
	const scene = new VillageScene(port, () => wantsCalm.matches, words);
	const size = () => {
		const ratio = window.devicePixelRatio || 1;
		const box = frame.getBoundingClientRect();
		return {
			width: Math.max(1, Math.round(box.width * ratio)),
			height: Math.max(1, Math.round(box.height * ratio)),
			ratio
		};
	};
	const game = new Phaser.Game({
		type: Phaser.WEBGL,
		parent: frame,
		width: 320,
		height: 200,
		backgroundColor: '#2c5a4a',
		pixelArt: true,
		banner: false,
		disableContextMenu: false,
		audio: { noAudio: true },
		input: { mouse: false, touch: false, keyboard: false, gamepad: false },
		scale: { mode: Phaser.Scale.NONE },
		// Few textures are used at once; a short list of them keeps the shader small.
		render: { maxTextures: 8 },
		fps: { limit: 60 },
		scene
	});

	let buffer: VillageChange[] = [];
	let folded = false;
	let frameRequest = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let lastFrame = -Infinity;
	let unseen = false;
	let ended = false;
	let booted = false;
	const counted = { frames: 0, jsMs: 0, ticks: 0 };
	const abort = new AbortController();
	const endings: (() => void)[] = [];

	const request = () => {
		clearTimeout(timer);
		timer = undefined;
		if (frameRequest || ended || !booted || document.hidden) return;
		frameRequest = requestAnimationFrame(run);
	};
	const wake = request;
	let keys: ReturnType<typeof listenKeys> | undefined;

	const run = (time: number) => {
		frameRequest = 0;
		if (ended) return;
		if (time - lastFrame < FRAME_MS - 1.5) return request();
		lastFrame = time;
		const begun = performance.now();
		const changes = buffer;
		buffer = [];
		if (folded) changes.splice(0, changes.length, { type: 'reset', snapshot: port.snapshot() });
		folded = false;
		const nowMs = Date.now();
		const { render, dueMs } = scene.tick(nowMs, changes, unseen, keys?.pan() ?? { x: 0, y: 0 });
		unseen = false;
		// The loop is ours: Phaser's own, which it starts by itself, draws whether or not anything changed.
		if (game.loop.running) game.loop.stop();
		if (render) {
			game.step(time, FRAME_MS);
			counted.frames++;
		}
		counted.ticks++;
		counted.jsMs += performance.now() - begun;
		const wait = dueMs - Date.now();
		if (wait <= 34) request();
		else if (wait !== Infinity) timer = setTimeout(request, Math.min(wait, 2 ** 30));
	};

	const fit = () => {
		const { width, height, ratio } = size();
		scene.resize(width, height, ratio);
		request();
	};

	game.events.once(Phaser.Core.Events.READY, () => {
		booted = true;
		game.canvas.style.cssText +=
			';position:absolute;left:0;top:0;transform-origin:0 0;image-rendering:pixelated';
		game.canvas.setAttribute('aria-hidden', 'true');
		frame.append(words);
		endings.push(listen(words, createGestures(scene, port, words, wake)));
		keys = listenKeys(words, {
			wake,
			zoom: (direction) => {
				scene.view.step(direction);
				scene.touch();
				wake();
			},
			clear: () => {
				scene.selected = null;
				scene.following = null;
				port.emit({ type: 'clear' });
				scene.touch();
				wake();
			}
		});
		endings.push(keys.end);
		fit();
	});
	// What was asked of the game before its pictures were loaded (a link to an agent); the last few are kept.
	const early: (() => void)[] = [];
	const whenReady = (act: () => void) => {
		if (scene.ready) act();
		else if (early.push(act) > EARLY_LIMIT) early.shift();
	};
	scene.onReady = () => {
		fit();
		for (const act of early.splice(0)) act();
	};
	const watch = new ResizeObserver(fit);
	watch.observe(frame);
	endings.push(() => watch.disconnect());
	const onVisible = () => {
		if (document.hidden) {
			cancelAnimationFrame(frameRequest);
			frameRequest = 0;
			clearTimeout(timer);
			return;
		}
		unseen = true;
		scene.touch();
		request();
	};
	const settle = () => {
		scene.touch();
		request();
	};
	document.addEventListener('visibilitychange', onVisible, { signal: abort.signal });
	wantsCalm.addEventListener('change', settle, { signal: abort.signal });
	const onFonts = () => {
		scene.rewrite();
		request();
	};
	document.fonts.addEventListener('loadingdone', onFonts, { signal: abort.signal });
	endings.push(port.onSettings(settle));
	game.events.on(Phaser.Core.Events.CONTEXT_LOST, () => cancelAnimationFrame(frameRequest));
	game.renderer?.on?.(Phaser.Renderer.Events.RESTORE_WEBGL, settle);

	void (async () => {
		try {
			for await (const change of port.follow(abort.signal)) {
				if (ended) return;
				if (buffer.length < BUFFER_LIMIT) buffer.push(change);
				else folded = true;
				request();
			}
		} catch (error) {
			// An aborted feed ends here; any other failure is the port's to show, the map keeps what it knows.
			if (!abort.signal.aborted) console.error('The village feed ended', error);
		}
	})();

	return {
		destroy() {
			if (ended) return;
			ended = true;
			abort.abort();
			cancelAnimationFrame(frameRequest);
			clearTimeout(timer);
			for (const end of endings) end();
			game.destroy(true);
			// Phaser frees things in its next step, which our loop no longer makes.
			game.step(performance.now(), 0);
			frame.remove();
			buffer = [];
		},
		focus(kind, id) {
			whenReady(() => {
				const place = scene.placeOf(kind, id);
				if (!place) return;
				scene.selected = { kind, id };
				scene.following = null;
				scene.view.goTo(place, scene.calm);
				settle();
			});
		},
		followVillager(id) {
			whenReady(() => {
				scene.following = id;
				settle();
			});
		},
		zoom(direction) {
			whenReady(() => {
				scene.view.step(direction);
				settle();
			});
		},
		minimap: () => scene.minimap(),
		centerOn(x, y) {
			whenReady(() => {
				scene.following = null;
				scene.view.goTo({ x: x * TILE, y: y * TILE }, true);
				settle();
			});
		},
		locate(kind, id) {
			const box = scene.hits.find(kind, id);
			if (!box) return null;
			const at = scene.view.toScreen(box.anchor);
			const inside =
				at.x >= 0 &&
				at.y >= 0 &&
				at.x * scene.view.ratio <= scene.view.width &&
				at.y * scene.view.ratio <= scene.view.height;
			return inside ? at : null;
		},
		stats() {
			const { frames, jsMs, ticks } = counted;
			counted.frames = 0;
			counted.jsMs = 0;
			counted.ticks = 0;
			return { frames, jsMsPerFrame: ticks > 0 ? jsMs / ticks : 0, drawn: scene.drawn };
		}
	};
}
