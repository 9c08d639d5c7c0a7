// The page of the village benchmark: our map, or as many plain Phaser sprites that walk about, with changes coming in.
import * as Phaser from 'phaser';
import { AGENT_STATES } from '#domain/mood.ts';
import { create } from '#game/main.ts';
import type { VillageChange } from '#game/port.ts';
import { snapshotOf } from '#game/sim/village-fixtures.ts';

/** Changes a second. */
const CHANGES = 200;

/** Pictures drawn before anything is measured: shaders are compiled, the ground is painted, ways are known. */
const SETTLED = 120;
const SETTLE_MS = 60_000;
/** And measured at least: on a busy machine that takes longer than asked for. */
const LEAST = 120;

/** Milliseconds of JavaScript in each animation frame that drew a picture. */
interface Measured {
	frames: number[];
}

/** Times what runs in animation frames while `drew` says that a picture was made. */
function timeFrames(drew: () => boolean): { start(): void; taken: number[]; end(): void } {
	const request = window.requestAnimationFrame;
	const taken: number[] = [];
	let drawn = 0;
	let counts = false;
	const settled = new Event('settled');
	window.requestAnimationFrame = (callback) =>
		request.call(window, (time) => {
			const from = performance.now();
			callback(time);
			const spent = performance.now() - from;
			if (!drew()) return;
			if (counts) taken.push(spent);
			else if (++drawn === SETTLED) window.dispatchEvent(settled);
		});
	return {
		start: () => (counts = true),
		taken,
		end: () => (window.requestAnimationFrame = request)
	};
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until enough pictures were drawn, tells the outside, measures for a while, tells again. */
async function measure(frames: ReturnType<typeof timeFrames>, ms: number): Promise<Measured> {
	const mark = (globalThis as unknown as { mark?: (what: string) => Promise<void> }).mark;
	await Promise.race([
		new Promise((resolve) => window.addEventListener('settled', resolve, { once: true })),
		sleep(SETTLE_MS)
	]);
	await mark?.('begin');
	frames.start();
	await sleep(ms);
	for (let waited = ms; frames.taken.length < LEAST && waited < SETTLE_MS; waited += 100)
		await sleep(100);
	await mark?.('end');
	frames.end();
	return { frames: frames.taken };
}

/** Our map with so many villagers. */
async function ours(villagers: number, ms: number): Promise<Measured> {
	const snapshot = snapshotOf(Math.ceil(villagers / 10), villagers);
	const parent = document.createElement('div');
	parent.style.cssText = 'width:1280px;height:800px';
	document.body.append(parent);
	let wake = () => {};
	const waiting: VillageChange[] = [];
	const frames = timeFrames(() => game.stats().frames > 0);
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
	const measured = await measure(frames, ms);
	clearInterval(feed);
	game.destroy();
	parent.remove();
	return measured;
}

/** Plain sprites with an animation, moved every frame; no names, no order by depth, nothing culled. */
async function plain(sprites: number, ms: number): Promise<Measured> {
	const parent = document.createElement('div');
	document.body.append(parent);
	const frames = timeFrames(() => true);
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
	const measured = await measure(frames, ms);
	game.destroy(true);
	parent.remove();
	return measured;
}

Object.assign(globalThis, { bench: { ours, plain } });
