// How opencode is told our rules: in variables of its process, behind every file of the person's and of the project's.
import { z } from 'zod';
import type { Permissions } from './rules.ts';

const Config = z.looseObject({
	agent: z.record(z.string(), z.looseObject({ permission: z.unknown() })).optional()
});

const Written = z.record(z.string(), z.unknown());

/** Rules that a person wrote: one word for everything, or a word a key. */
function written(value: unknown): Record<string, unknown> {
	if (typeof value === 'string') return { '*': value };
	const parsed = Written.safeParse(value);
	return parsed.success ? parsed.data : {};
}

function read(name: string, text: string | undefined): unknown {
	if (!text) return {};
	try {
		return JSON.parse(text) as unknown;
	} catch {
		throw new Error(`${name} is not JSON`);
	}
}

/** Environment of the program; what is already in its variables is kept. Throws when those cannot be read. */
export function governedEnv(
	env: NodeJS.ProcessEnv,
	rules: { permission: Permissions; agent: Record<string, Permissions> }
): NodeJS.ProcessEnv {
	const parsed = Config.safeParse(read('OPENCODE_CONFIG_CONTENT', env.OPENCODE_CONFIG_CONTENT));
	if (!parsed.success) throw new Error('OPENCODE_CONFIG_CONTENT is no configuration');
	const agent = { ...parsed.data.agent };
	for (const [name, permission] of Object.entries(rules.agent)) {
		const own = agent[name];
		agent[name] = { ...own, permission: { ...written(own?.permission), ...permission } };
	}
	const permission = written(read('OPENCODE_PERMISSION', env.OPENCODE_PERMISSION));
	return {
		...env,
		OPENCODE_CONFIG_CONTENT: JSON.stringify({ ...parsed.data, agent }),
		OPENCODE_PERMISSION: JSON.stringify({ ...permission, ...rules.permission }),
		// The version that was found is the one that runs.
		OPENCODE_DISABLE_AUTOUPDATE: '1'
	};
}
