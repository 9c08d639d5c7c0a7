// The one palette: warm earth and mellow greens against cool night blues. Ramps run dark → light.
// Provider colours (`hue`) are the only saturated ones, so that an agent's kind is found at a glance.

export const RAMPS = {
	night: ['#181a30', '#272c4c', '#3b4770', '#5b7099', '#8fa6c4'],
	earth: ['#34212b', '#58363a', '#7f5143', '#a87550', '#cb9d68', '#e8ca93', '#f8ebca'],
	leaf: ['#1d3b3e', '#2c5a4a', '#467c4b', '#6a9c50', '#92bb60', '#bfd582'],
	stone: ['#3d3f54', '#5f6376', '#878c98', '#b2b6b6', '#dcdbcf'],
	rust: ['#58243a', '#8b3a40', '#bd5a47', '#e08b62', '#f3bd8d'],
	gold: ['#86562e', '#c98a37', '#eebb4e', '#fbe495'],
	water: ['#214a6e', '#2f7196', '#4b9cb4', '#83c8c8', '#d4f0e2'],
	plum: ['#3e2b54', '#66497f', '#9674ad', '#c9afd8'],
	skin: ['#a8664e', '#d99a72', '#f3c79c']
};

/** Saturated provider ramps: shadow, base, light. */
export const HUES = {
	claude_code: ['#96432f', '#d8704a', '#f0a57c'],
	codex: ['#0f5f5b', '#1f9c86', '#6fd2b4'],
	gemini_cli: ['#2a3f9c', '#4474e8', '#92b6fb'],
	opencode: ['#2d2f3d', '#55586c', '#f2b13c'],
	omnara: ['#5b2f96', '#9553e0', '#cda2fa'],
	shell: ['#1d5a3a', '#2f9d58', '#8df0a0'],
	custom: ['#8f2c5c', '#dd5488', '#f7a0be'],
	scripted: ['#5a6684', '#a4b2cc', '#e6edf5']
};

/** The outline of a fill: the darkest tone of its own ramp, never black. */
export function buildOutlines() {
	const map = new Map();
	for (const ramp of Object.values(RAMPS)) for (const colour of ramp) map.set(colour, ramp[0]);
	for (const colour of RAMPS.skin) map.set(colour, RAMPS.earth[1]);
	for (const colour of RAMPS.gold) map.set(colour, RAMPS.earth[1]);
	for (const ramp of Object.values(HUES))
		for (const colour of ramp) map.set(colour, shade(ramp[0]));
	return map;
}

/** A step darker and cooler. */
export function shade(hex, amount = 0.66) {
	const n = parseInt(hex.slice(1), 16);
	const part = (shift, k) => Math.round(((n >> shift) & 255) * k);
	const value =
		(part(16, amount) << 16) | (part(8, amount) << 8) | part(0, Math.min(1, amount + 0.12));
	return '#' + value.toString(16).padStart(6, '0');
}
