// Environment → one frozen typed object, read once. The table in docs/operating.md is made from SETTINGS.
import { resolve } from 'node:path';
import { z } from 'zod';

const bool = z
	.enum(['true', 'false', '1', '0'])
	.transform((value) => value === 'true' || value === '1');
const int = (min: number, max: number) =>
	z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(min).max(max));
const origins = z.string().transform((text) =>
	text
		.split(',')
		.map((part) => part.trim())
		.filter(Boolean)
		.map((part) => new URL(part).origin)
);

/** Every variable the server reads: its schema, and what the documentation says of it. */
export const SETTINGS = {
	HOST: { schema: z.string().min(1).default('127.0.0.1'), doc: 'Address to listen on' },
	PORT: { schema: int(0, 65_535).default(3000), doc: 'Port to listen on; 0 takes a free one' },
	DATABASE_URL: {
		schema: z
			.string()
			.regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
			.optional(),
		doc: 'PostgreSQL 14 or newer; without it an embedded database in the data directory'
	},
	VILLAGE_DATA_DIR: { schema: z.string().min(1).default('.village'), doc: 'Data directory' },
	VILLAGE_PUBLIC_URL: { schema: z.url().optional(), doc: 'The address people use, behind a proxy' },
	VILLAGE_ALLOWED_ORIGINS: {
		schema: origins.optional(),
		doc: 'Further origins whose pages may open sockets, comma separated'
	},
	WS_ALLOWED_ORIGINS: { schema: origins.optional(), doc: 'Alias of VILLAGE_ALLOWED_ORIGINS' },
	VILLAGE_SECRET: {
		schema: z.string().min(32).optional(),
		doc: 'Key material, at least 32 bytes; made in the data directory when unset'
	},
	VILLAGE_METRICS_TOKEN: {
		schema: z.string().min(16).optional(),
		doc: 'Bearer token for /metrics from other machines'
	},
	VILLAGE_LOG_LEVEL: {
		schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
		doc: 'How much is logged'
	},
	VILLAGE_MAX_SESSIONS: {
		schema: int(1, 1000).optional(),
		doc: 'Active sessions per org for orgs without a limit of their own'
	},
	VILLAGE_TEST: { schema: bool.default(false), doc: 'Opens hooks for end-to-end tests' },
	VILLAGE_TIME_SCALE: {
		schema: z.coerce.number().positive().max(1).default(1),
		doc: 'Shortens the timers of tests (1 is real time)'
	}
} as const;

export interface Config {
	readonly host: string;
	readonly port: number;
	readonly databaseUrl: string | null;
	readonly dataDir: string;
	readonly publicUrl: string | null;
	readonly allowedOrigins: readonly string[];
	readonly secret: string | null;
	readonly metricsToken: string | null;
	readonly logLevel: string;
	readonly maxSessions: number | null;
	readonly test: boolean;
	readonly timeScale: number;
	/** Keeps the embedded database in memory (unit tests). */
	readonly inMemory: boolean;
}

/** Thrown with one line per wrong variable, its name first; values are not repeated. */
export class ConfigError extends Error {
	override name = 'ConfigError';
}

/** Reads and checks the environment. Throws `ConfigError`. */
export function readConfig(env: Record<string, string | undefined>): Config {
	const shape = Object.fromEntries(
		Object.entries(SETTINGS).map(([name, setting]) => [name, setting.schema])
	) as { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]['schema'] };
	const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
	const parsed = z.object(shape).safeParse(given);
	if (!parsed.success) {
		const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
		throw new ConfigError(lines.join('\n'));
	}
	const e = parsed.data;
	return Object.freeze({
		host: e.HOST,
		port: e.PORT,
		databaseUrl: e.DATABASE_URL ?? null,
		dataDir: resolve(e.VILLAGE_DATA_DIR),
		publicUrl: e.VILLAGE_PUBLIC_URL ?? null,
		allowedOrigins: e.VILLAGE_ALLOWED_ORIGINS ?? e.WS_ALLOWED_ORIGINS ?? [],
		secret: e.VILLAGE_SECRET ?? null,
		metricsToken: e.VILLAGE_METRICS_TOKEN ?? null,
		logLevel: e.VILLAGE_LOG_LEVEL,
		maxSessions: e.VILLAGE_MAX_SESSIONS ?? null,
		test: e.VILLAGE_TEST,
		timeScale: e.VILLAGE_TIME_SCALE,
		inMemory: false
	});
}
