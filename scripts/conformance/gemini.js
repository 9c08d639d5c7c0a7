// Gemini CLI: its one-shot stream, and the Agent Client Protocol.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANSWER, COMMAND, FILE, PLAN, SLOW } from './scenarios.js';

/** @typedef {import('./cases.js').Case} Case @typedef {import('./box.js').Box} Box */

/** @param {Box} box */
function env({ home, url }) {
	const dir = join(home, '.gemini');
	mkdirSync(dir, { recursive: true });
	const settings = { security: { auth: { selectedType: 'gemini-api-key' } } };
	writeFileSync(join(dir, 'settings.json'), JSON.stringify(settings));
	return { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'any', NO_BROWSER: 'true' };
}

const asks = (/** @type {any} */ { method }) => method === 'session/request_permission';

/** A session with a prompt begun. @param {Box} box @param {string[]} argv @param {string} [mode] */
async function converse(box, argv, mode) {
	const talk = box.speak([...argv, '--acp', '--skip-trust'], env(box));
	let id = 0;
	/** @param {string} method @param {object} params */
	const begin = (method, params) => {
		talk.say({ jsonrpc: '2.0', id: ++id, method, params });
		const mine = id;
		return async () => {
			const fits = (/** @type {any} */ message) => message.id === mine && !message.method;
			const { result, error } = await talk.hear(method, fits);
			if (error) throw new Error(`${method}: ${error.message}`);
			return result;
		};
	};
	const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false };
	await begin('initialize', { protocolVersion: 1, clientCapabilities })();
	await begin('authenticate', { methodId: 'gemini-api-key' })();
	const { sessionId } = await begin('session/new', { cwd: box.cwd, mcpServers: [] })();
	if (mode !== undefined) await begin('session/set_mode', { sessionId, modeId: mode })();
	const prompt = [{ type: 'text', text: 'Say good morning' }];
	const ended = begin('session/prompt', { sessionId, prompt });
	return {
		...talk,
		sessionId,
		completed: ended,
		/** @param {any} asked @param {string} kind */
		choose(asked, kind) {
			const option = asked.params.options.find((/** @type {any} */ one) => one.kind === kind);
			const outcome = { outcome: 'selected', optionId: option.optionId };
			talk.say({ jsonrpc: '2.0', id: asked.id, result: { outcome } });
		}
	};
}

/** @type {Case[]} */
export const cases = [
	{
		capability: 'answers',
		scenario: ANSWER,
		async play(box, { argv }, { equal, keep }) {
			const words = ['-p', 'Say good morning', '-o', 'stream-json', '--skip-trust'];
			const { code, lines } = await box.finish([...argv, ...words], env(box));
			keep('print', lines);
			const said = lines
				.filter(({ message }) => message.role === 'assistant')
				.map(({ message }) => message.content);
			equal([code, said.join('')], [0, 'Good morning to you.']);
			equal(lines.at(-1)?.message.status, 'success');
		}
	},
	{
		capability: 'command, allowed',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal([asked.params.toolCall.kind, box.read('made.txt')], ['execute', null]);
			talk.choose(asked, 'allow_once');
			const { stopReason } = await talk.completed();
			keep('command-allowed', talk.lines);
			equal([stopReason, box.read('made.txt')], ['end_turn', 'made\n']);
		}
	},
	{
		capability: 'command, denied',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			talk.choose(asked, 'reject_once');
			await talk.completed();
			keep('command-denied', talk.lines);
			equal(box.read('made.txt'), null);
		}
	},
	{
		capability: 'file, allowed',
		scenario: FILE,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal(asked.params.toolCall.kind, 'edit');
			talk.choose(asked, 'allow_once');
			await talk.completed();
			keep('file-allowed', talk.lines);
			equal(box.read('greeting.txt'), 'Good morning\n');
		}
	},
	{
		capability: 'plan',
		scenario: PLAN,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv, 'plan');
			const asked = await talk.hear('an approval', asks);
			talk.choose(asked, 'allow_once');
			const { stopReason } = await talk.completed();
			keep('plan', talk.lines);
			equal(stopReason, 'end_turn');
		}
	},
	{
		capability: 'interrupt',
		scenario: SLOW,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			await talk.hear(
				'its first words',
				({ params }) => params?.update?.sessionUpdate === 'agent_message_chunk'
			);
			const { sessionId } = talk;
			talk.say({ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId } });
			const { stopReason } = await talk.completed();
			keep('interrupt', talk.lines);
			equal(stopReason, 'cancelled');
		}
	}
];
