// The whole map, small: two pixels per tile, roofs in their colours.
import { BRIDGE, PATH, PLAZA, WATER } from '../sim/grid.ts';
import type { World } from '../sim/world.ts';
import { familyOf } from './atlas.ts';

const SCALE = 2;
const ROOFS: Record<string, string> = {
	script: '#eebb4e',
	snake: '#4b9cb4',
	systems: '#bd5a47',
	jvm: '#7f5143',
	gopher: '#5b7099',
	gem: '#bd5a47',
	net: '#9674ad',
	page: '#467c4b',
	plain: '#878c98'
};

/** A picture of the map; `x`, `y`, `width`, `height` are its tiles. */
export function drawMinimap(world: World): {
	image: HTMLCanvasElement;
	x: number;
	y: number;
	width: number;
	height: number;
} {
	const { grid, props, houses, workshops } = world.layout;
	const image = document.createElement('canvas');
	image.width = grid.width * SCALE;
	image.height = grid.height * SCALE;
	const c = image.getContext('2d')!;
	c.fillStyle = '#6a9c50';
	c.fillRect(0, 0, image.width, image.height);
	const colours: Record<number, string> = {
		[PATH]: '#cb9d68',
		[PLAZA]: '#dcc8a4',
		[WATER]: '#2f7196',
		[BRIDGE]: '#a87550'
	};
	for (let j = 0; j < grid.height; j++)
		for (let i = 0; i < grid.width; i++) {
			const colour = colours[grid.ground[j * grid.width + i]!];
			if (!colour) continue;
			c.fillStyle = colour;
			c.fillRect(i * SCALE, j * SCALE, SCALE, SCALE);
		}
	c.fillStyle = '#2c5a4a';
	for (const prop of props)
		if (prop.frame.startsWith('tree.'))
			c.fillRect(
				(prop.x - grid.x) * SCALE - 1,
				(prop.y - grid.y) * SCALE - 3,
				SCALE + 1,
				SCALE + 1
			);
	const roof = (x: number, y: number, colour: string) => {
		const px = (x - grid.x) * SCALE;
		const py = (y - grid.y) * SCALE;
		c.fillStyle = '#181a30';
		c.fillRect(px - 6, py - 9, 12, 9);
		c.fillStyle = colour;
		c.fillRect(px - 5, py - 8, 10, 5);
		c.fillStyle = '#f8ebca';
		c.fillRect(px - 5, py - 3, 10, 2);
	};
	for (const place of houses.values())
		roof(place.x + 0.5, place.y, ROOFS[familyOf(world.houses.get(place.id)?.language ?? null)]!);
	for (const place of workshops.values()) roof(place.x, place.y, '#3b4770');
	return { image, x: grid.x, y: grid.y, width: grid.width, height: grid.height };
}
