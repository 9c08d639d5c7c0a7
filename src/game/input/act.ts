// Turns gestures on the canvas into intents and movements of the camera.
import { TILE, type Point } from '#domain/village.ts';
import type { GamePort } from '../port.ts';
import type { VillageScene } from '../scenes/village.ts';
import type { Box } from './hits.ts';
import type { Gestures } from './pointer.ts';

const POINTER_MS = 100;

/** The gestures of a scene. `wake` starts the loop again after each of them. */
export function createGestures(
	scene: VillageScene,
	port: GamePort,
	canvas: HTMLCanvasElement,
	wake: () => void
): Gestures {
	let pointerAt = 0;
	const find = (at: Point, touch = false): Box | null => {
		const world = scene.view.toWorld(at);
		const slack = ((touch ? 14 : 3) * scene.view.ratio) / scene.view.zoom;
		return scene.hits.at(world.x, world.y, slack);
	};
	const point = (at: Point, hit: Box | null) => {
		const same = hit
			? scene.hover?.kind === hit.kind && scene.hover.id === hit.id
			: scene.hover === null;
		canvas.style.cursor = hit ? 'pointer' : 'default';
		if (same) return;
		scene.hover = hit ? { kind: hit.kind, id: hit.id } : null;
		port.emit({ type: 'hover', kind: hit?.kind ?? null, id: hit?.id ?? null, at });
		scene.touch();
		wake();
	};
	return {
		grab(at) {
			const hit = find(at);
			if (hit?.kind !== 'house' || !port.settings().canArrange) return false;
			const place = scene.world.layout.houses.get(hit.id);
			// Only a house that is already selected is lifted, so that panning over houses stays possible.
			if (!place || scene.selected?.kind !== 'house' || scene.selected.id !== hit.id) return false;
			scene.carried = { id: hit.id, x: place.x, y: place.y };
			return true;
		},
		drag(dx, dy, at) {
			if (scene.carried) {
				const tiles = scene.view.toTiles(at);
				scene.carried = {
					...scene.carried,
					x: Math.round(tiles.x - 0.5),
					y: Math.round(tiles.y + 1)
				};
			} else {
				scene.following = null;
				scene.view.pan(dx, dy);
				canvas.style.cursor = 'grabbing';
			}
			scene.touch();
			wake();
		},
		drop(at) {
			const { carried } = scene;
			scene.carried = null;
			canvas.style.cursor = 'default';
			if (carried) {
				const place = scene.world.layout.houses.get(carried.id);
				if (place && (place.x !== carried.x || place.y !== carried.y)) {
					const { x, y } = carried;
					port.emit({ type: 'move_house', id: carried.id, x, y });
				}
			}
			point(at, find(at));
			scene.touch();
			wake();
		},
		tap(at, touch) {
			const hit = find(at, touch);
			scene.selected = hit ? { kind: hit.kind, id: hit.id } : null;
			if (hit) port.emit({ type: 'select', kind: hit.kind, id: hit.id, at });
			else {
				port.emit({ type: 'clear' });
				scene.walkTo(scene.view.toTiles(at));
			}
			scene.touch();
			wake();
		},
		doubleTap(at) {
			const hit = find(at, true);
			if (hit?.kind === 'villager') scene.following = hit.id;
			else if (hit) {
				const place = scene.placeOf(hit.kind, hit.id);
				if (place) scene.view.goTo(place, scene.calm);
			}
			scene.touch();
			wake();
		},
		menu(at, touch) {
			const hit = find(at, touch);
			port.emit({ type: 'menu', kind: hit?.kind ?? 'ground', id: hit?.id ?? null, at });
		},
		hover(at) {
			point(at, find(at));
			const now = performance.now();
			if (now - pointerAt < POINTER_MS) return;
			pointerAt = now;
			const world = scene.view.toWorld(at);
			port.emit({ type: 'pointer', x: world.x / TILE, y: world.y / TILE });
		},
		leave() {
			point({ x: 0, y: 0 }, null);
		},
		zoom(direction, at) {
			scene.view.step(direction, at);
			scene.touch();
			wake();
		}
	};
}
