// What a browser calls itself, in two words people know.

const BROWSERS: [RegExp, string][] = [
	[/Edg\//, 'Edge'],
	[/OPR\//, 'Opera'],
	[/Firefox\//, 'Firefox'],
	[/(Chrome|Chromium|CriOS)\//, 'Chrome'],
	[/Safari\//, 'Safari']
];
const SYSTEMS: [RegExp, string][] = [
	[/Android/, 'Android'],
	[/iPhone|iPad/, 'iOS'],
	[/Mac OS X/, 'macOS'],
	[/Windows/, 'Windows'],
	[/Linux/, 'Linux']
];

/** `Firefox on Linux`; the text itself when nothing is known of it. */
export function browserName(agent: string | null): string {
	if (!agent) return 'Unknown browser';
	const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
	const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
	if (!browser) return agent.slice(0, 60);
	return system ? `${browser} on ${system}` : browser;
}
