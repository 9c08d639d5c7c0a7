#!/usr/bin/env node
// Draws all pictures of the village into static/: `node scripts/draw-art.js`. The same bytes on every run; nothing is read.
// art/palette.js holds the colours, the other files one kind of thing each, art/sheet.js packs and writes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Pix } from './art/pix.js';
import { writeAtlas, writePng } from './art/sheet.js';
import { drawVillagerSheet } from './art/villagers.js';
import { drawGround } from './art/ground.js';
import { drawNature } from './art/nature.js';
import { drawThings } from './art/things.js';
import { drawWorkshop } from './art/workshop.js';
import { drawIcons } from './art/icons.js';
import { drawFavicon, drawIcon } from './art/marks.js';
import { FAMILIES, SIZES, drawHouse, drawLit } from './art/houses.js';

const root = process.argv[2] ?? fileURLToPath(new URL('../static', import.meta.url));
const folder = `${root}/village`;
mkdirSync(folder, { recursive: true });
const save = (name, value) => writeFileSync(`${folder}/${name}.json`, JSON.stringify(value) + '\n');

const villagers = drawVillagerSheet();
writePng(`${folder}/villagers.png`, villagers.sheet);
save('villagers', villagers.atlas);

const ground = drawGround();
writePng(`${folder}/ground.png`, ground.sheet);
save('ground', ground.atlas);

const houses = [];
for (const family of Object.keys(FAMILIES))
	for (const size of Object.keys(SIZES)) {
		const house = drawHouse(family, size);
		houses.push({ name: `house.${family}.${size}`, ...house });
		houses.push({ name: `lit.${family}.${size}`, pix: drawLit(house), anchor: house.anchor });
	}
writeAtlas(folder, 'houses', houses, 1024, Pix);
writeAtlas(
	folder,
	'things',
	[...drawNature(), ...drawThings(), ...drawWorkshop(), ...drawIcons()],
	512,
	Pix
);

writeFileSync(`${root}/favicon.svg`, drawFavicon());
writePng(`${root}/icon-192.png`, drawIcon(3));
writePng(`${root}/icon-512.png`, drawIcon(8));
