// What is seen first: the square with its nearest houses, as large as it fits.
import { TILE } from '#domain/village.ts';
import { type View, zoomSteps } from '../input/view.ts';
import type { World } from '../sim/world.ts';

/** Tiles from the square that are thought of as the first picture; further houses do not make it smaller. */
const NEAR = { x: 30, y: 20 };

/** Sets the middle and the zoom so that the heart of the village fills the screen. */
export function openingView(view: View, world: World): void {
	const places = [...world.layout.houses.values(), ...world.layout.workshops.values()].filter(
		(place) => Math.abs(place.x) < NEAR.x && Math.abs(place.y) < NEAR.y
	);
	const left = Math.min(-9, ...places.map((place) => place.x - 4));
	const right = Math.max(10, ...places.map((place) => place.x + 4));
	const top = Math.min(-6, ...places.map((place) => place.y - 6));
	const bottom = Math.max(8, ...places.map((place) => place.y + 4));
	const steps = zoomSteps(view.ratio);
	const wanted = Math.min(
		view.width / ((right - left) * TILE),
		view.height / ((bottom - top) * TILE)
	);
	view.zoom = steps.filter((zoom) => zoom <= wanted + 0.35).at(-1) ?? steps[0]!;
	const fits = (right - left) * TILE * view.zoom <= view.width * 1.25;
	view.x = fits ? ((left + right) / 2) * TILE : TILE / 2;
	view.y = fits ? ((top + bottom) / 2) * TILE : TILE * 1.5;
	view.settle();
}
