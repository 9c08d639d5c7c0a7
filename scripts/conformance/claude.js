// Claude Code: its stream of JSON, and its terminal interface with hooks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './box.js';
import { ANSWER, COMMAND, FILE, PLAN, QUESTION, SLOW } from './scenarios.js';
import { openTerminal } from './terminal.js';

/** @typedef {import('./cases.js').Case} Case @typedef {import('./box.js').Box} Box */

/** @param {Box} box */
const env = ({ url }) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'any-key' });

const STDIO = [
	...['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
	...['--permission-prompt-tool', 'stdio']
];

/** @param {Box} box @param {string[]} argv */
function converse(box, argv, mode = 'manual') {
	const talk = box.speak([...argv, ...STDIO, '--permission-mode', mode], env(box));
	talk.say({
		type: 'control_request',
		request_id: '1',
		request: { subtype: 'initialize', hooks: {} }
	});
	talk.say({ type: 'user', message: { role: 'user', content: 'Say good morning' } });
	return talk;
}

/** @param {ReturnType<typeof converse>} talk @param {any} asked @param {object} response */
const reply = (talk, asked, response) =>
	talk.say({
		type: 'control_response',
		response: { subtype: 'success', request_id: asked.request_id, response }
	});

const asks = (/** @type {any} */ { type, request }) =>
	type === 'control_request' && request.subtype === 'can_use_tool';

/** @param {ReturnType<typeof converse>} talk */
async function finish(talk) {
	const result = await talk.hear('its result', ({ type }) => type === 'result');
	talk.endInput();
	return { result, code: await talk.ended };
}

/** Text of a hook: writes what it is told into a folder, and answers what lies there as `answer`. */
const HOOK = `import { appendFileSync, readFileSync } from 'node:fs';
const [dir] = process.argv.slice(2);
const told = readFileSync(0, 'utf8').trim();
appendFileSync(dir + '/hooks', told + '\\n');
const { hook_event_name: hookEventName, tool_input: updatedInput } = JSON.parse(told);
if (hookEventName === 'PermissionRequest') {
	const decision = JSON.parse(readFileSync(dir + '/answer', 'utf8'));
	if (decision.behavior === 'allow') decision.updatedInput = { ...updatedInput, ...decision.updatedInput };
	console.log(JSON.stringify({ hookSpecificOutput: { hookEventName, decision } }));
}
`;

const EVENTS = [
	...['SessionStart', 'UserPromptSubmit', 'PreToolUse', 'PermissionRequest', 'PostToolUse'],
	...['PostToolUseFailure', 'PermissionDenied', 'Notification', 'Stop', 'StopFailure', 'SessionEnd']
];

/**
 * The terminal interface, with hooks that record. `trust` says that the first dialogs were answered before.
 * @param {Box} box @param {string[]} argv
 * @param {{ decision: object, trust?: boolean, prompt?: string, mode?: string }} options
 */
async function openTui(box, argv, { decision, trust = true, prompt, mode = 'manual' }) {
	const hook = join(box.dir, 'hook.mjs');
	writeFileSync(hook, HOOK);
	writeFileSync(join(box.dir, 'answer'), JSON.stringify(decision));
	writeFileSync(join(box.dir, 'hooks'), '');
	const hooks = [
		{
			matcher: '*',
			hooks: [{ type: 'command', command: `${process.execPath} ${hook} ${box.dir}`, timeout: 600 }]
		}
	];
	const settings = { hooks: Object.fromEntries(EVENTS.map((event) => [event, hooks])) };
	writeFileSync(join(box.dir, 'settings.json'), JSON.stringify(settings));
	const project = { hasTrustDialogAccepted: trust, hasCompletedProjectOnboarding: true };
	const known = {
		hasCompletedOnboarding: true,
		theme: 'dark',
		customApiKeyResponses: { approved: ['any-key'], rejected: [] },
		projects: { [box.cwd]: project }
	};
	writeFileSync(join(box.home, '.claude.json'), JSON.stringify(known));
	const words = ['--settings', join(box.dir, 'settings.json'), '--permission-mode', mode];
	const terminal = await openTerminal(
		box,
		[...argv, ...words, ...(prompt ? [prompt] : [])],
		env(box)
	);
	/** @returns {any[]} */
	const told = () =>
		readFileSync(join(box.dir, 'hooks'), 'utf8')
			.split('\n')
			.filter(Boolean)
			.map((line) => JSON.parse(line));
	/** @param {string} event @param {(input: any) => unknown} fits */
	const hook_ = (event, fits = () => true) =>
		until(`the hook ${event}\n${terminal.text().slice(-1500)}`, () =>
			told().find(({ hook_event_name, ...input }) => hook_event_name === event && fits(input))
		);
	return { ...terminal, told, hook: hook_ };
}

/** @type {Case[]} */
export const cases = [
	{
		capability: 'answers',
		scenario: ANSWER,
		async play(box, { argv }, { equal, keep }) {
			const words = ['-p', 'Say good morning', '--output-format', 'stream-json', '--verbose'];
			const { code, lines } = await box.finish([...argv, ...words], env(box));
			keep('print', lines);
			const result = lines.at(-1)?.message;
			equal([code, result?.is_error, result?.result], [0, false, 'Good morning to you.']);
			equal(result.total_cost_usd > 0, true);
		}
	},
	{
		capability: 'command, allowed',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal([asked.request.input.command, box.read('made.txt')], ['echo made > made.txt', null]);
			reply(talk, asked, { behavior: 'allow', updatedInput: asked.request.input });
			const { result, code } = await finish(talk);
			keep('stdio-command-allowed', talk.lines);
			equal([code, result.is_error, box.read('made.txt')], [0, false, 'made\n']);
		}
	},
	{
		capability: 'command, denied',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			reply(talk, asked, { behavior: 'deny', message: 'Not today.' });
			const { result, code } = await finish(talk);
			keep('stdio-command-denied', talk.lines);
			equal([code, result.permission_denials.length, box.read('made.txt')], [0, 1, null]);
		}
	},
	{
		capability: 'file, allowed',
		scenario: FILE,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal(asked.request.tool_name, 'Write');
			reply(talk, asked, { behavior: 'allow', updatedInput: asked.request.input });
			const { code } = await finish(talk);
			keep('stdio-file-allowed', talk.lines);
			equal([code, box.read('greeting.txt')], [0, 'Good morning\n']);
		}
	},
	{
		capability: 'plan',
		scenario: PLAN,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv, 'plan');
			const asked = await talk.hear('an approval', asks);
			equal(asked.request.tool_name, 'ExitPlanMode');
			reply(talk, asked, { behavior: 'allow', updatedInput: asked.request.input });
			const { code, result } = await finish(talk);
			keep('stdio-plan', talk.lines);
			equal([code, result.result], [0, 'All is done.']);
		}
	},
	{
		capability: 'question',
		scenario: QUESTION,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal(asked.request.tool_name, 'AskUserQuestion');
			const answers = { 'Which language?': 'French' };
			const updatedInput = { ...asked.request.input, answers };
			reply(talk, asked, { behavior: 'allow', updatedInput });
			const { code, result } = await finish(talk);
			keep('stdio-question', talk.lines);
			equal([code, result.result], [0, 'It will be French.']);
		}
	},
	{
		capability: 'interrupt',
		scenario: SLOW,
		async play(box, { argv }, { equal, keep }) {
			const talk = converse(box, argv);
			await until('the request', () => box.requests().length > 0 || box.url !== '');
			await talk.hear('its start', ({ type, subtype }) => type === 'system' && subtype === 'init');
			talk.say({ type: 'control_request', request_id: '2', request: { subtype: 'interrupt' } });
			await talk.hear('a yes', ({ response }) => response?.request_id === '2');
			const { result } = await finish(talk);
			keep('stdio-interrupt', talk.lines);
			equal(result.subtype, 'error_during_execution');
		}
	},
	{
		capability: 'terminal: command allowed by a hook',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const decision = { behavior: 'allow' };
			const tui = await openTui(box, argv, { decision, prompt: 'Say good morning' });
			const asked = await tui.hook('PermissionRequest');
			equal([asked.tool_name, asked.cwd], ['Bash', box.cwd]);
			await tui.hook('Stop');
			equal(box.read('made.txt'), 'made\n');
			tui.type('/exit\r');
			await tui.hook('SessionEnd');
			equal(await tui.ended, 0);
			keep('hooks-command-allowed', tui.told());
		}
	},
	{
		capability: 'terminal: command denied by a hook',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const decision = { behavior: 'deny', message: 'Not today.' };
			const tui = await openTui(box, argv, { decision, prompt: 'Say good morning' });
			await tui.hook('PermissionRequest');
			await tui.hook('Stop');
			equal(box.read('made.txt'), null);
			keep('hooks-command-denied', tui.told());
		}
	},
	{
		capability: 'terminal: plan',
		scenario: PLAN,
		async play(box, { argv }, { equal, keep }) {
			const decision = { behavior: 'allow' };
			const tui = await openTui(box, argv, { decision, mode: 'plan', prompt: 'Say good morning' });
			const asked = await tui.hook('PermissionRequest');
			equal(asked.tool_name, 'ExitPlanMode');
			await tui.hook('PostToolUse');
			await tui.hook('Stop');
			keep('hooks-plan', tui.told());
		}
	},
	{
		capability: 'terminal: question',
		scenario: QUESTION,
		async play(box, { argv }, { equal, keep }) {
			const updatedInput = { answers: { 'Which language?': 'French' } };
			const decision = { behavior: 'allow', updatedInput };
			const tui = await openTui(box, argv, { decision, prompt: 'Say good morning' });
			const asked = await tui.hook('PermissionRequest');
			equal(asked.tool_name, 'AskUserQuestion');
			const answered = await tui.hook('PostToolUse');
			equal(answered.tool_response.answers, updatedInput.answers);
			await tui.hook('Stop');
			keep('hooks-question', tui.told());
		}
	},
	{
		capability: 'terminal: an untrusted folder asks first',
		scenario: ANSWER,
		async play(box, { argv }, { equal }) {
			const decision = { behavior: 'allow' };
			const tui = await openTui(box, argv, { decision, trust: false, prompt: 'Say good morning' });
			await until('the dialog', () => /trust/i.test(tui.text()));
			equal(tui.told(), []);
		}
	}
];
