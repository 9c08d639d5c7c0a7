// The walls between the rooms (docs/architecture.md), read from every import. A failure names the file, the import and the reason.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MADE = new Set([
	...['node_modules', 'build', 'dist', '.svelte-kit', '.village', '.cache', '.git'],
	...['test-results', 'playwright-report', '.env']
]);

interface Import {
	from: string;
	specifier: string;
	/** `#room/…`, a relative path turned into `src/…`, or a package name. */
	target: string;
	typeOnly: boolean;
	lazy: boolean;
}

function walk(dir: string): string[] {
	return readdirSync(join(ROOT, dir), { withFileTypes: true }).flatMap((entry) => {
		if (MADE.has(entry.name) || entry.name.endsWith('.log')) return [];
		const path = posix.join(dir, entry.name);
		return entry.isDirectory() ? walk(path) : [path];
	});
}

const everything = walk('.');
const code = everything.filter((path) =>
	/^(src|e2e|bench|scripts|bin)\/.*\.(ts|js|svelte)$/.test(path)
);
const sources = code.filter((path) => path.startsWith('src/'));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const isTest = (path: string) => /\.test\.ts$/.test(path) || path.includes('/testing/');

function importsOf(path: string): Import[] {
	const text = read(path);
	const scripts = path.endsWith('.svelte')
		? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '')
		: [text];
	const found: Import[] = [];
	const add = (specifier: string, typeOnly: boolean, lazy: boolean) =>
		found.push({ from: path, specifier, target: resolveTarget(path, specifier), typeOnly, lazy });
	for (const script of scripts) {
		const file = ts.createSourceFile(path, script, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
		const visit = (node: ts.Node): void => {
			if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
				const clause = node.importClause;
				const named = clause?.namedBindings;
				const onlyTypes =
					clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
					(!!named &&
						!clause?.name &&
						ts.isNamedImports(named) &&
						named.elements.length > 0 &&
						named.elements.every((element) => element.isTypeOnly));
				add(node.moduleSpecifier.text, onlyTypes, false);
			} else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
				add((node.moduleSpecifier as ts.StringLiteral).text, node.isTypeOnly, false);
			} else if (
				ts.isCallExpression(node) &&
				node.expression.kind === ts.SyntaxKind.ImportKeyword
			) {
				const [argument] = node.arguments;
				if (argument && ts.isStringLiteralLike(argument)) add(argument.text, false, true);
			} else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
				add((node.argument.literal as ts.StringLiteral).text, true, false);
			}
			ts.forEachChild(node, visit);
		};
		visit(file);
	}
	return found;
}

function resolveTarget(from: string, specifier: string): string {
	if (specifier.startsWith('#')) return `src/${specifier.slice(1)}`;
	if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
	return specifier;
}

const imports = sources.flatMap(importsOf);

/** First folder under src/, or the file itself for what lies directly in it. */
const room = (path: string) => path.split('/')[1] ?? '';
const subject = (path: string) => path.split('/')[2] ?? '';
const inside = (target: string) => target.startsWith('src/');

/** Rooms that each room may reach, and the reason told when it reaches further. */
const WALLS: Record<string, { may: string[]; reason: string }> = {
	protocol: {
		may: [],
		reason: 'protocol says what crosses a wire: zod and nothing else, so that it runs anywhere'
	},
	domain: { may: ['protocol'], reason: 'domain says what is true: pure functions over protocol' },
	server: {
		may: ['domain', 'protocol'],
		reason: 'server makes it happen: it never draws, and other machines reach it only over a wire'
	},
	lib: {
		may: ['domain', 'protocol'],
		reason:
			'lib is what a browser runs: of the game it knows port.ts, of the server only types of the router'
	},
	game: {
		may: ['domain', 'protocol'],
		reason: 'game draws: it knows domain and protocol, and the outside talks to it through port.ts'
	},
	daemons: {
		may: ['domain', 'protocol'],
		reason: 'daemons run on other machines and speak only protocol'
	},
	routes: {
		may: ['lib'],
		reason: 'routes are thin: they render lib; server code only in *.server.ts and +server.ts'
	},
	client: {
		may: ['protocol'],
		reason:
			'client is what other programs import: it speaks protocol, and knows of the server only types of the router'
	},
	cli: {
		may: ['server', 'daemons', 'domain', 'protocol'],
		reason: 'the program starts server and daemons; it draws nothing'
	}
};

/** Imports across a wall that are meant, each with its reason. */
function meant(path: string, { target, typeOnly, lazy }: Import): boolean {
	switch (room(path)) {
		case 'lib':
			if (target === 'src/game/port.ts' || target === 'src/app.css') return true;
			if (lazy && target === 'src/game/main.ts') return true;
			return typeOnly && target === 'src/server/trpc/router.ts';
		case 'client':
			return typeOnly && target === 'src/server/trpc/router.ts';
		case 'routes':
			// A page may know what is true (types, labels, permissions) without asking lib to repeat it.
			if (/^src\/(domain|protocol)\/|^src\/app\.css$/.test(target)) return true;
			return /\.server\.ts$|\/\+server\.ts$/.test(path) && room(target) === 'server';
		case 'hooks.server.ts':
		case 'app.d.ts':
			return true;
		default:
			return false;
	}
}

const words = ({ from, specifier }: Import, reason: string) =>
	`${from} imports ${specifier}: ${reason}`;

test('no room reaches through a wall', () => {
	const through = imports.filter((entry) => {
		const { from, target } = entry;
		if (from === 'src/architecture.test.ts' || !inside(target)) return false;
		const here = room(from);
		const there = room(target);
		if (here === there || meant(from, entry)) return false;
		// A test may drive its subject through another room's real code, but nothing is drawn in a server test.
		if (isTest(from) && ['server', 'daemons', 'cli', 'domain', 'protocol'].includes(there))
			return false;
		return !WALLS[here]?.may.includes(there);
	});
	expect(
		through.map((entry) => words(entry, WALLS[room(entry.from)]?.reason ?? 'unknown room'))
	).toEqual([]);
});

/** What every subject of the server stands on. */
const FOUNDATION = new Set([
	...['db', 'events', 'bus', 'log.ts', 'metrics.ts', 'clock.ts', 'errors.ts', 'config.ts'],
	...['new-id.ts', 'package-root.ts', 'audit']
]);
/** Where subjects meet: the composition root, the doors, and what runs commands for the admin socket. */
const MEETING = new Set([
	'app.ts',
	'boot.ts',
	'http',
	'trpc',
	'sockets',
	'admin',
	'health',
	'testing'
]);
/** Values of one subject that another may use, each with its reason. */
const SHARED: Record<string, string> = {
	'src/server/auth/actor.ts': 'who acts is an argument of every command of every subject',
	'src/server/auth/secrets.ts':
		'pure: makes and hashes credentials in one way for people and runners',
	'src/server/sessions/transition.ts':
		'moving a session is one step of other subjects’ transactions: an approval blocks it, a runner loses it'
};

test('subjects of the server know each other only by type; calls go through what app.ts hands in', () => {
	const across = imports.filter(({ from, target, typeOnly }) => {
		if (!from.startsWith('src/server/') || !target.startsWith('src/server/')) return false;
		if (isTest(from) || typeOnly) return false;
		const [here, there] = [subject(from), subject(target)];
		if (here === there || FOUNDATION.has(there) || MEETING.has(here)) return false;
		// A store is plain functions over one transaction: reading another subject's rows there is a join, not a call.
		return !(target in SHARED) && !target.endsWith('/store.ts');
	});
	expect(
		across.map((entry) =>
			words(entry, 'import its types only, and let app.ts hand in what it does')
		)
	).toEqual([]);
});

/** Packages a room may load at run time; a room that is not named may load any. `node:` counts as `node`. */
const PACKAGES: Record<string, { may: RegExp; reason: string }> = {
	protocol: { may: /^zod$/, reason: 'protocol runs anywhere: zod and nothing else' },
	domain: { may: /^zod$/, reason: 'domain is pure: no I/O and no packages' },
	daemons: {
		may: /^(node|ws|zod|@agentclientprotocol\/sdk|@lydell\/node-pty|@xterm\/headless|@xterm\/addon-[a-z0-9]+)$/,
		reason:
			'daemons install on small machines: Node built-ins, ws, the terminal, the protocol of agents'
	},
	client: {
		may: /^(node|ws|zod|@trpc\/client|devalue)$/,
		reason: 'client is loaded into other people’s programs'
	},
	game: {
		may: /^phaser$/,
		reason: 'game is drawn with Phaser and nothing else: no Svelte, no DOM libraries'
	}
};

const packageOf = (specifier: string) =>
	specifier.startsWith('node:')
		? 'node'
		: specifier
				.split('/')
				.slice(0, specifier.startsWith('@') ? 2 : 1)
				.join('/');

test('rooms that travel light load only their own packages', () => {
	const heavy = imports.filter(({ from, target, typeOnly }) => {
		if (inside(target) || typeOnly || isTest(from)) return false;
		const rule = PACKAGES[room(from)];
		return !!rule && !rule.may.test(packageOf(target));
	});
	expect(heavy.map((entry) => words(entry, PACKAGES[room(entry.from)]?.reason ?? ''))).toEqual([]);
});

test('phaser is imported only where things are drawn, so that the simulation runs in Node', () => {
	const drawn = /^src\/game\/(scenes\/|sprites\/|input\/|main\.ts$)/;
	const elsewhere = imports.filter(
		({ from, target, typeOnly }) => packageOf(target) === 'phaser' && !typeOnly && !drawn.test(from)
	);
	expect(
		elsewhere.map((entry) => words(entry, 'phaser cannot be loaded outside a browser'))
	).toEqual([]);
	const sim = imports.filter(
		({ from, target }) => from.startsWith('src/game/sim/') && packageOf(target) === 'phaser'
	);
	expect(sim.map((entry) => words(entry, 'game/sim is a pure reducer'))).toEqual([]);
});

test('no svelte under game: everything with words on it is Svelte over the canvas', () => {
	expect(
		sources.filter((path) => path.startsWith('src/game/') && path.endsWith('.svelte'))
	).toEqual([]);
	const svelte = imports.filter(
		({ from, target }) => from.startsWith('src/game/') && /^(svelte|@sveltejs|\$app)/.test(target)
	);
	expect(svelte.map((entry) => words(entry, 'the game knows its port, not who mounts it'))).toEqual(
		[]
	);
});

test('domain and game/sim take time and chance as arguments', () => {
	const clocks =
		/\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b|new Date\(\)/;
	const found = sources
		.filter((path) => /^src\/(domain|game\/sim)\//.test(path) && !isTest(path))
		.flatMap((path) =>
			read(path)
				.split('\n')
				.flatMap((line, index) =>
					clocks.test(line.replace(/\/\/.*$|^\s*\*.*$/, ''))
						? [`${path}:${index + 1} ${line.trim()}`]
						: []
				)
		);
	expect(found).toEqual([]);
});

/** Files that may be longer than 400 lines, each with the reason why it is one idea. */
const LONG: Record<string, string> = {};

test('no module is longer than 400 lines', () => {
	const long = code
		.map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
		.filter(({ path, lines }) => lines > 400 && !(path in LONG));
	expect(long, 'split it along an idea, or give a reason in LONG').toEqual([]);
	expect(Object.keys(LONG).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('folders are named for a subject, not for a leftover', () => {
	const leftovers =
		/\/((utils|helpers|common|types|constants|services|models|misc)\/|(utils|helpers|common|constants)\.ts$)/;
	expect(code.filter((path) => leftovers.test(`/${path}`))).toEqual([]);
});

test('browser code speaks of the library as #lib, with the extension written', () => {
	const dollar = imports.filter(({ specifier }) => /^\$lib(\/|$)/.test(specifier));
	expect(dollar.map((entry) => words(entry, 'one way only: #lib'))).toEqual([]);
	const bare = imports.filter(
		({ specifier }) =>
			/^[#.]/.test(specifier) && !/\.(ts|js|svelte|css|json)(\?.*)?$|^\.\/\$types$/.test(specifier)
	);
	expect(bare.map((entry) => words(entry, 'write the extension'))).toEqual([]);
});

test('the root of the repository holds only what a visitor needs', () => {
	const known = new Set([
		...[
			'README.md',
			'CONTRIBUTING.md',
			'CHANGELOG.md',
			'LICENSE',
			'package.json',
			'package-lock.json'
		],
		...[
			'svelte.config.js',
			'vite.config.ts',
			'drizzle.config.ts',
			'playwright.config.ts',
			'eslint.config.js'
		],
		...[
			'tsconfig.json',
			'.editorconfig',
			'.prettierrc',
			'.prettierignore',
			'.nvmrc',
			'.npmrc',
			'.gitignore'
		],
		...[
			'.env.example',
			'.githooks',
			'.ci',
			'bin',
			'scripts',
			'docs',
			'drizzle',
			'static',
			'e2e',
			'bench',
			'src'
		]
	]);
	const entries = readdirSync(ROOT).filter((name) => !MADE.has(name) && !name.endsWith('.log'));
	expect(entries.filter((name) => !known.has(name))).toEqual([]);
});

test('the lock file names no registry', () => {
	expect(read('package-lock.json')).not.toMatch(/"resolved": "https?:/);
});

test('no tracked file names a folder of somebody’s machine', () => {
	const folders = [dirname(ROOT), homedir()].filter(
		(dir) => dir.split(sep).filter(Boolean).length > 0
	);
	const escaped = folders
		.filter((dir) => dir !== '/tmp')
		.map((dir) => dir.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	const machine = new RegExp(`(^|[^A-Za-z0-9_./-])(${escaped.join('|')})/`);
	const found = everything
		.filter((path) => /\.(ts|js|svelte|md|json|css|html|sql|sh|yml)$|^\.(ci|githooks)\//.test(path))
		.filter((path) => basename(path) !== 'package-lock.json')
		.flatMap((path) =>
			read(path)
				.split('\n')
				.flatMap((line, index) =>
					machine.test(line) ? [`${relative('.', path)}:${index + 1}`] : []
				)
		);
	expect(found).toEqual([]);
});
