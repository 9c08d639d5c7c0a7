// Tells a neutral action in the tools that the asking program offers: every program has its own names and inputs.
import { isAbsolute, join } from 'node:path';
import type { JsonValue } from '#protocol/json.ts';
import type { ModelAction } from '#protocol/model/scenario.ts';
import { addFile, updateFile } from './patch.ts';
import type { Offer, Part } from './parts.ts';

type Action<Do extends ModelAction['do']> = Extract<ModelAction, { do: Do }>;
/** Input for one tool, or null when the tool cannot say it. */
type Say<A> = (action: A, at: (path: string) => string, offer: Offer) => JsonValue | null;

const patched = (patch: string, offer: Offer): JsonValue =>
	offer.freeform ? patch : { input: patch };

/** Codex without a tool for patches takes this command for one. */
const patchCommand = (patch: string): JsonValue => ({
	cmd: `apply_patch <<'${END}'\n${patch}\n${END}`
});
const END = 'END_OF_PATCH';

const steps = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

const questions = ({ question, header, options }: Action<'question'>) => ({
	question,
	header,
	options: options.map((label) => ({ label, description: label }))
});

/** For each action, the tools that can do it, best first. Claude Code, opencode, Codex, Gemini CLI. */
const TOOLS: { [Do in Exclude<ModelAction['do'], 'call'>]: Record<string, Say<Action<Do>>> } = {
	shell: {
		Bash: ({ command, description }) => ({ command, description }),
		bash: ({ command, description }) => ({ command, description }),
		exec_command: ({ command }) => ({ cmd: command }),
		shell_command: ({ command }) => ({ command }),
		shell: ({ command }, _at, { schema }) =>
			takesText(schema, 'command') ? { command } : { command: ['bash', '-lc', command] },
		run_shell_command: ({ command, description }) => ({ command, description })
	},
	write: {
		Write: ({ path, content }, at) => ({ file_path: at(path), content }),
		write: ({ path, content }, at) => ({ filePath: at(path), content }),
		write_file: ({ path, content }, at) => ({ file_path: at(path), content }),
		apply_patch: ({ path, content }, _at, offer) => patched(addFile(path, content), offer),
		exec_command: ({ path, content }) => patchCommand(addFile(path, content))
	},
	edit: {
		Edit: ({ path, find, replace }, at) => ({
			file_path: at(path),
			old_string: find,
			new_string: replace
		}),
		edit: ({ path, find, replace }, at) => ({
			filePath: at(path),
			oldString: find,
			newString: replace
		}),
		replace: ({ path, find, replace }, at) => ({
			file_path: at(path),
			instruction: 'Replace the text.',
			old_string: find,
			new_string: replace
		}),
		apply_patch: ({ path, find, replace }, _at, offer) =>
			patched(updateFile(path, find, replace), offer),
		exec_command: ({ path, find, replace }) => patchCommand(updateFile(path, find, replace))
	},
	read: {
		Read: ({ path }, at) => ({ file_path: at(path) }),
		read: ({ path }, at) => ({ filePath: at(path) }),
		read_file: ({ path }, at) => ({ file_path: at(path) }),
		exec_command: ({ path }) => ({ cmd: `cat -- ${quoted(path)}` }),
		shell_command: ({ path }) => ({ command: `cat -- ${quoted(path)}` }),
		shell: ({ path }) => ({ command: ['cat', '--', path] })
	},
	plan: {
		ExitPlanMode: ({ text }) => ({ plan: text }),
		exit_plan_mode: () => ({ plan_filename: 'plan.md' }),
		update_plan: ({ text }) => ({
			plan: steps(text).map((step) => ({ step, status: 'pending' }))
		}),
		write_todos: ({ text }) => ({
			todos: steps(text).map((description) => ({ description, status: 'pending' }))
		}),
		todowrite: ({ text }) => ({
			todos: steps(text).map((content, index) => ({
				id: String(index + 1),
				content,
				status: 'pending',
				priority: 'medium'
			}))
		})
	},
	question: {
		AskUserQuestion: (action) => ({ questions: [{ ...questions(action), multiSelect: false }] }),
		question: (action) => ({ questions: [questions(action)] }),
		request_user_input: (action) => ({ questions: [{ id: 'answer', ...questions(action) }] }),
		ask_user: (action) => ({ questions: [{ ...questions(action), type: 'choice' }] })
	}
};

/** Tools that show a plan from its file, and drop the one in the call. */
const PLAN_IN_FILE = new Set(['ExitPlanMode', 'exit_plan_mode']);

const textOf = (action: ModelAction) => (action.do === 'plan' ? action.text : '');

/** What is known of the asking program. */
export interface Asker {
	offers: readonly Offer[];
	/** Its folder; null when it did not tell. */
	cwd: string | null;
	/** Where it wants its plan; null when it did not tell. */
	planFile: string | null;
}

/**
 * One action as calls: one, or two where a plan has to be written down before it is shown. When no offered tool can do it
 * the answer says so in words, so that a scenario goes on and its reader sees why.
 */
export function callsFor(action: ModelAction, asker: Asker): Part[] {
	const { offers, cwd, planFile } = asker;
	const offered = (name: string) => offers.find((offer) => offer.name === name);
	if (action.do === 'call')
		return [call({ ...offered(action.name), name: action.name }, action.input)];
	const at = (path: string) => (cwd === null || isAbsolute(path) ? path : join(cwd, path));
	const ways = TOOLS[action.do] as Record<string, Say<ModelAction>>;
	for (const [name, say] of Object.entries(ways)) {
		const offer = offered(name);
		const input = offer ? say(action, at, offer) : null;
		if (!offer || input === null) continue;
		const written = PLAN_IN_FILE.has(name) && planFile !== null;
		const write: ModelAction = { do: 'write', path: planFile ?? '', content: textOf(action) };
		return [...(written ? callsFor(write, asker) : []), call(offer, input)];
	}
	return [{ kind: 'text', text: `(No tool for "${action.do}" is offered here.)` }];
}

function call({ name, namespace, within }: Offer, input: JsonValue): Part {
	if (within) {
		const code = `text(await tools.${name}(${JSON.stringify(input)}));\n`;
		return { kind: 'call', ...within, input: code };
	}
	return { kind: 'call', name, input, ...(namespace === undefined ? {} : { namespace }) };
}

function takesText(schema: unknown, field: string): boolean {
	const { properties } = (schema ?? {}) as { properties?: Record<string, { type?: unknown }> };
	return properties?.[field]?.type === 'string';
}

/** One word for a shell, whatever is in it. */
function quoted(word: string): string {
	return `'${word.replaceAll("'", `'\\''`)}'`;
}
