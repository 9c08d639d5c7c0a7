// The terminal's colors: calm on light and on dark, taken from the page where the page has a say.
import type { ITheme } from '@xterm/xterm';

const LIGHT = {
	black: '#26221b',
	red: '#b0203a',
	green: '#3a6b1b',
	yellow: '#855400',
	blue: '#24609b',
	magenta: '#8a3c86',
	cyan: '#1d6557',
	white: '#8f8675',
	brightBlack: '#655d50',
	brightRed: '#c93a52',
	brightGreen: '#4c8527',
	brightYellow: '#9c6a10',
	brightBlue: '#3576b8',
	brightMagenta: '#a4539f',
	brightCyan: '#2b7d6c',
	brightWhite: '#4a443a'
};

const DARK = {
	black: '#38332c',
	red: '#ff8f9d',
	green: '#9bcf78',
	yellow: '#ecb660',
	blue: '#8dbdee',
	magenta: '#d9a6d6',
	cyan: '#74c7b0',
	white: '#d6cfc2',
	brightBlack: '#857c6e',
	brightRed: '#ffb0ba',
	brightGreen: '#b8e29b',
	brightYellow: '#f6cd8a',
	brightBlue: '#b1d4f6',
	brightMagenta: '#e9c4e6',
	brightCyan: '#9adcc9',
	brightWhite: '#f6f2ea'
};

/** The theme for a page whose custom properties are these. */
export function themeFor(page: CSSStyleDeclaration): ITheme {
	const read = (name: string, otherwise: string) => page.getPropertyValue(name).trim() || otherwise;
	const dark = page.colorScheme.includes('dark');
	const foreground = read('--foreground', dark ? '#ece7dd' : '#26221b');
	return {
		...(dark ? DARK : LIGHT),
		background: read('--card', dark ? '#1f1c18' : '#fffefb'),
		foreground,
		cursor: read('--primary', foreground),
		cursorAccent: read('--card', dark ? '#1f1c18' : '#fffefb'),
		selectionBackground: dark ? '#74c7b055' : '#1d655740'
	};
}
