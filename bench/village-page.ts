// The page of the village benchmark: our map, or as many plain Phaser sprites that walk about, with changes coming in.
import * as Phaser from 'phaser';
import { AGENT_STATES } from '#domain/mood.ts';
import { create } from '#game/main.ts';
import type { VillageChange } from '#game/port.ts';
import { snapshotOf } from '#game/sim/village-fixtures.ts';

/** Changes a second. */
const CHANGES = 200;

/** Our map with so many villagers; milliseconds of JavaScript per frame over `ms`. */
async function ours(villagers: number, ms: number): Promise<number> {
	const snapshot = snapshotOf(Math.ceil(villagers / 10), villagers);
	const parent = document.createElement('div');
	parent.style.cssText = 'width:1280px;height:800px';
	document.body.append(parent);
	let wake = () => {};
	const waiting: VillageChange[] = [];
	const game = create(parent, {
		snapshot: () => snapshot,
		async *follow(signal) {
			while (!signal.aborted) {
				const next = waiting.shift();
				if (next) yield next;
				else await new Promise<void>((resolve) => (wake = resolve));
			}
		},
		emit: () => {},
		settings: () => ({ motion: 'full', sound: false, hour: 12, canArrange: false }),
		onSettings: () => () => {}
	});
	let n = 0;
	const feed = setInterval(() => {
		for (let i = 0; i < CHANGES / 20; i++) {
			const villager = snapshot.villagers[n++ % villagers]!;
			const state = AGENT_STATES[n % AGENT_STATES.length]!;
			waiting.push({ type: 'villager', villager: { ...villager, state, sinceMs: Date.now() } });
		}
		wake();
	}, 50);
	await new Promise((resolve) => setTimeout(resolve, 3_000));
	game.stats();
	await new Promise((resolve) => setTimeout(resolve, ms));
	const { jsMsPerFrame } = game.stats();
	clearInterval(feed);
	game.destroy();
	parent.remove();
	return jsMsPerFrame;
}

/** Plain sprites with an animation, moved every frame, one label each; nothing culled. */
async function plain(sprites: number, ms: number): Promise<number> {
	const parent = document.createElement('div');
	document.body.append(parent);
	let spent = 0;
	let frames = 0;
	const game = new Phaser.Game({
		type: Phaser.WEBGL,
		parent,
		width: 1280,
		height: 800,
		banner: false,
		audio: { noAudio: true },
		scene: {
			create(this: Phaser.Scene) {
				const sheet = this.textures.createCanvas('walker', 64, 16)!;
				for (let i = 0; i < 4; i++) {
					sheet.context.fillStyle = `hsl(${i * 20} 60% 50%)`;
					sheet.context.fillRect(i * 16 + 3, 2, 10, 13);
					sheet.add(i, 0, i * 16, 0, 16, 16);
				}
				sheet.refresh();
				this.anims.create({
					key: 'walk',
					frames: [0, 1, 2, 3].map((frame) => ({ key: 'walker', frame })),
					frameRate: 8,
					repeat: -1
				});
				const all = Array.from({ length: sprites }, (_, i) => {
					const sprite = this.add.sprite((i * 37) % 2560, (i * 91) % 1600, 'walker', 0);
					return sprite.play({ key: 'walk', startFrame: i % 4 });
				});
				this.events.on('update', (time: number) => {
					for (let i = 0; i < all.length; i++)
						all[i]!.setPosition(
							((i * 37) % 2560) + 30 * Math.sin(time / 900 + i),
							((i * 91) % 1600) + 30 * Math.cos(time / 700 + i)
						);
				});
			}
		}
	});
	const step = game.step.bind(game);
	game.step = (time, delta) => {
		const from = performance.now();
		step(time, delta);
		spent += performance.now() - from;
		frames++;
	};
	await new Promise((resolve) => setTimeout(resolve, 3_000));
	spent = frames = 0;
	await new Promise((resolve) => setTimeout(resolve, ms));
	const perFrame = spent / frames;
	game.destroy(true);
	parent.remove();
	return perFrame;
}

Object.assign(globalThis, { bench: { ours, plain } });
