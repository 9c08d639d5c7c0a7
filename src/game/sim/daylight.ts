// The light of an hour: the colour everything is multiplied with, and how strongly lamps and windows show.

export interface Daylight {
	/** Multiplied over the picture, 0..255 each. */
	red: number;
	green: number;
	blue: number;
	/** 0 by day, 1 at night: windows of idle houses stay dark, lamps glow. */
	lamps: number;
}

// hour, red, green, blue, lamps. Night stays bright enough to read shapes; labels are never dimmed.
const KEYS: readonly (readonly [number, number, number, number, number])[] = [
	[0, 108, 124, 190, 1],
	[4.5, 112, 126, 190, 1],
	[6, 196, 170, 176, 0.6],
	[7, 255, 232, 206, 0.1],
	[8.5, 255, 250, 240, 0],
	[11, 255, 255, 255, 0],
	[14.5, 255, 255, 255, 0],
	[15.5, 255, 255, 252, 0],
	[17.5, 255, 232, 196, 0.05],
	[19, 250, 196, 160, 0.45],
	[20.2, 166, 146, 190, 0.85],
	[21.5, 116, 130, 194, 1],
	[24, 108, 124, 190, 1]
];

/** Light at an hour 0..24 (fractions allowed, other values wrap). */
export function daylightAt(hour: number): Daylight {
	const h = ((hour % 24) + 24) % 24;
	let i = 1;
	while (i < KEYS.length - 1 && KEYS[i]![0] <= h) i++;
	const a = KEYS[i - 1]!;
	const b = KEYS[i]!;
	const t = (h - a[0]) / (b[0] - a[0]);
	const mix = (k: 1 | 2 | 3 | 4) => a[k] + (b[k] - a[k]) * t;
	return {
		red: Math.round(mix(1)),
		green: Math.round(mix(2)),
		blue: Math.round(mix(3)),
		lamps: Math.round(mix(4) * 100) / 100
	};
}
