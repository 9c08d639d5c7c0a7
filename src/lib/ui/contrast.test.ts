import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const css = readFileSync(fileURLToPath(new URL('../../app.css', import.meta.url)), 'utf8');

function palette(selector: string): Record<string, string> {
	const start = css.indexOf(`\n${selector} {`);
	const block = css.slice(start, css.indexOf('\n}', start));
	return Object.fromEntries(
		[...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!])
	);
}

type Rgb = [number, number, number];
const rgb = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Rgb;
const mix = (top: Rgb, share: number, under: Rgb) =>
	top.map((value, at) => value * share + under[at]! * (1 - share)) as Rgb;

function luminance(color: Rgb): number {
	const [r, g, b] = color.map((value) => {
		const c = value / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	}) as Rgb;
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

for (const theme of [':root', '.dark'])
	test(`every text pair of ${theme} reaches WCAG AA`, () => {
		const colors = palette(theme);
		const grounds = ['background', 'card', 'muted', 'accent'].map((name) => rgb(colors[name]!));
		const weak: string[] = [];
		const check = (name: string, text: Rgb, ground: Rgb, least = 4.5) => {
			const ratio = contrast(text, ground);
			if (ratio < least) weak.push(`${name} ${ratio.toFixed(2)}`);
		};
		for (const ground of grounds) {
			check('foreground', rgb(colors.foreground!), ground);
			check('muted-foreground', rgb(colors['muted-foreground']!), ground);
			check(
				'control-border',
				rgb(colors['control-border']!),
				ground,
				ground === grounds[3] ? 0 : 3
			);
			check('ring', rgb(colors.ring!), ground, 3);
		}
		for (const name of ['primary', 'destructive', 'success', 'warning', 'info']) {
			const color = rgb(colors[name]!);
			for (const ground of grounds.slice(0, 3)) check(name, color, ground);
			// Badges print the colour on its own tint.
			for (const ground of grounds.slice(0, 2))
				check(`${name} on its tint`, color, mix(color, 0.14, ground));
		}
		for (const name of ['primary', 'destructive'])
			check(`${name}-foreground`, rgb(colors[`${name}-foreground`]!), rgb(colors[name]!));
		expect(weak).toEqual([]);
	});
