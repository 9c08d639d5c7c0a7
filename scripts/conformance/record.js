// Writes streams that were seen as fixtures: folders of the machine, ids and times made equal, words of the vendors left out.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} dir folder of the program's fixtures
 * @returns {(name: string, lines: unknown[], box: import('./box.js').Box) => void}
 */
export function recorder(dir) {
	return (name, lines, box) => {
		mkdirSync(dir, { recursive: true });
		const told = lines.filter((line) => !isNoise(line));
		const text = told.map((line) => JSON.stringify(scrub(line))).join('\n');
		writeFileSync(join(dir, `${name}.jsonl`), `${alike(text, box)}\n`);
	};
}

/** Fields that hold a vendor's words or a machine's facts, and none of the protocol. */
const LEFT_OUT = new Set([
	...['commands', 'agents', 'slash_commands', 'skills', 'plugins', 'models', 'output_styles'],
	...['available_output_styles', 'account', 'memory_paths', 'base_instructions', 'instructions'],
	...['developer_instructions', 'system', 'instructionSources', 'availableCommands', 'pid'],
	...['messaging_socket_path', 'serverName', 'processId']
]);

/** Events that come at any moment and mean nothing for a session. */
const NOISE = new Set([
	...['plugin.added', 'catalog.updated', 'integration.updated', 'reference.updated'],
	...['server.heartbeat']
]);

/** Longer texts are a vendor's words; ours in the scenarios are short. */
const LONGEST = 200;
/** 2026-01-01, for every moment of these years. */
const MOMENT_MS = 1_767_225_600_000;

/** @param {any} line */
const isNoise = (line) => NOISE.has(line?.message?.type);

/** @param {any} value @returns {any} */
function scrub(value) {
	if (typeof value === 'string')
		return value.length > LONGEST && !/^(diff --git|Index:|word )/.test(value)
			? '(left out)'
			: value;
	if (typeof value === 'number') {
		if (value > 1.7e12 && value < 1.9e12) return MOMENT_MS;
		return value > 1.7e9 && value < 1.9e9 ? MOMENT_MS / 1000 : value;
	}
	if (Array.isArray(value)) return value.map(scrub);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([key, inner]) => !LEFT_OUT.has(key) || typeof inner === 'boolean')
			.map(([key, inner]) => [key, scrub(inner)])
	);
}

/** @param {string} text @param {import('./box.js').Box} box */
function alike(text, box) {
	/** @type {Map<string, string>} */
	const ids = new Map();
	return text
		.replaceAll(box.cwd, '/repo')
		.replaceAll(box.home, '/home')
		.replaceAll(box.dir, '/box')
		.replaceAll(box.dir.replaceAll('/', '-'), '-box')
		.replaceAll(box.url, 'http://127.0.0.1:1')
		.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
			const known = ids.get(id);
			if (known) return known;
			const next = `00000000-0000-7000-8000-${String(ids.size + 1).padStart(12, '0')}`;
			ids.set(id, next);
			return next;
		})
		.replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-01T00:00:00.000Z')
		.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1')
		.replaceAll(/"\/tmp\/[^"]*"/g, '"/tmp"');
}
