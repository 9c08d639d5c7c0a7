// Codex: its one-shot stream, and its app-server.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './box.js';
import { ANSWER, COMMAND, FILE, QUESTION, SLOW } from './scenarios.js';

/** @typedef {import('./cases.js').Case} Case @typedef {import('./box.js').Box} Box */

/** @param {Box} box */
function env({ home }) {
	const dir = join(home, '.codex');
	mkdirSync(dir, { recursive: true });
	return { CODEX_HOME: dir, FAKE_KEY: 'any' };
}

/** @param {Box} box */
const provider = ({ url }) => [
	...['-c', 'model_provider="fake"'],
	'-c',
	`model_providers.fake={name="fake",base_url="${url}/v1",wire_api="responses",env_key="FAKE_KEY"}`
];

const asks = (/** @type {any} */ { id, method }) =>
	id !== undefined && /requestApproval$/.test(method);

/**
 * An app-server with a thread and a turn begun.
 * @param {Box} box @param {string[]} argv @param {object} [turn]
 */
async function converse(box, argv, turn = {}) {
	const talk = box.speak([...argv, 'app-server', ...provider(box)], env(box));
	let id = 0;
	/** @param {string} method @param {object} params */
	const call = async (method, params) => {
		const mine = ++id;
		talk.say({ id: mine, method, params });
		const { result, error } = await talk.hear(
			method,
			(message) => message.id === mine && !message.method
		);
		if (error) throw new Error(`${method}: ${error.message}`);
		return result;
	};
	const clientInfo = { name: 'agent-village', title: 'Agent Village', version: '0.1.0' };
	await call('initialize', { clientInfo, capabilities: { experimentalApi: true } });
	talk.say({ method: 'initialized' });
	const { thread, model } = await call('thread/start', {
		cwd: box.cwd,
		approvalPolicy: 'untrusted',
		sandbox: 'workspace-write'
	});
	const input = [{ type: 'text', text: 'Say good morning' }];
	const settings = 'collaborationMode' in turn ? plan(model) : {};
	const started = await call('turn/start', { threadId: thread.id, input, ...settings });
	return {
		...talk,
		call,
		threadId: thread.id,
		turnId: started.turn.id,
		completed: () => talk.hear('the end', ({ method }) => method === 'turn/completed')
	};
}

/** @param {string} model */
const plan = (model) => ({
	collaborationMode: {
		mode: 'plan',
		settings: { model, reasoning_effort: null, developer_instructions: null }
	}
});

/** @type {Case[]} */
export const cases = [
	{
		capability: 'answers',
		scenario: ANSWER,
		async play(box, { argv }, { equal, keep }) {
			const words = ['exec', '--json', ...provider(box), 'Say good morning'];
			const { code, lines } = await box.finish([...argv, ...words], env(box));
			keep('exec', lines);
			const said = lines.map(({ message }) => message.item?.text).filter(Boolean);
			equal([code, said], [0, ['Good morning to you.']]);
			equal(lines.at(-1)?.message.usage.input_tokens, 1200);
		}
	},
	{
		capability: 'command, allowed',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal([asked.method, asked.params.cwd], ['item/commandExecution/requestApproval', box.cwd]);
			equal([asked.params.command.includes('made.txt'), box.read('made.txt')], [true, null]);
			talk.say({ id: asked.id, result: { decision: 'accept' } });
			const { params } = await talk.completed();
			keep('command-allowed', talk.lines);
			equal([params.turn.status, box.read('made.txt')], ['completed', 'made\n']);
			talk.endInput();
			equal(await talk.ended, 0);
		}
	},
	{
		capability: 'command, denied',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			talk.say({ id: asked.id, result: { decision: 'decline' } });
			const { params } = await talk.completed();
			keep('command-denied', talk.lines);
			equal([params.turn.status, box.read('made.txt')], ['completed', null]);
		}
	},
	{
		capability: 'file, allowed',
		scenario: FILE,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const asked = await talk.hear('an approval', asks);
			equal(asked.method, 'item/fileChange/requestApproval');
			talk.say({ id: asked.id, result: { decision: 'accept' } });
			await talk.completed();
			keep('file-allowed', talk.lines);
			equal(box.read('greeting.txt'), 'Good morning\n');
		}
	},
	{
		capability: 'question',
		scenario: QUESTION,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv, { collaborationMode: true });
			const asked = await talk.hear(
				'a question',
				({ method }) => method === 'item/tool/requestUserInput'
			);
			const [{ id, question }] = asked.params.questions;
			equal(question, 'Which language?');
			talk.say({ id: asked.id, result: { answers: { [id]: { answers: ['French'] } } } });
			await talk.completed();
			keep('question', talk.lines);
			const said = talk.lines.map(({ message }) => message.params?.item?.text);
			equal(said.includes('It will be French.'), true);
		}
	},
	{
		capability: 'interrupt',
		scenario: SLOW,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			await talk.hear('its first words', ({ method }) => method === 'item/agentMessage/delta');
			await talk.call('turn/interrupt', { threadId: talk.threadId, turnId: talk.turnId });
			const { params } = await talk.completed();
			keep('interrupt', talk.lines);
			equal(params.turn.status, 'interrupted');
		}
	},
	{
		capability: 'a late client is asked again',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const socket = await serve(box, argv);
			const first = await socket.join();
			const { thread } = await first.call('thread/start', {
				cwd: box.cwd,
				approvalPolicy: 'untrusted',
				sandbox: 'workspace-write'
			});
			const input = [{ type: 'text', text: 'Say good morning' }];
			await first.call('turn/start', { threadId: thread.id, input });
			await first.hear('an approval', asks);
			first.close();
			const late = await socket.join();
			const { data } = await late.call('thread/loaded/list', {});
			equal(data, [thread.id]);
			await late.call('thread/resume', { threadId: thread.id, excludeTurns: true });
			const asked = await late.hear('the approval again', asks);
			late.say({ id: asked.id, result: { decision: 'accept' } });
			await late.hear('the end', ({ method }) => method === 'turn/completed');
			keep('late-client', late.lines);
			equal(box.read('made.txt'), 'made\n');
		}
	}
];

/** An app-server behind a socket. @param {Box} box @param {string[]} argv */
async function serve(box, argv) {
	const { default: WebSocket } = await import('ws');
	const listen = ['app-server', '--listen', 'ws://127.0.0.1:0'];
	const server = box.start([...argv, ...listen, ...provider(box)], env(box));
	let out = '';
	server.child.stdout?.on('data', (chunk) => (out += chunk));
	const url = await until(
		`its address ${out}${server.stderr()}`,
		() => /ws:\/\/127\.0\.0\.1:[1-9]\d*/.exec(out + server.stderr())?.[0]
	);
	return {
		async join() {
			const socket = new WebSocket(url);
			await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
			/** @type {import('./box.js').Line[]} */
			const lines = [];
			socket.on('message', (data) =>
				lines.push({ from: 'program', message: JSON.parse(String(data)) })
			);
			let id = 0;
			/** @param {any} message */
			const say = (message) => {
				lines.push({ from: 'us', message });
				socket.send(JSON.stringify(message));
			};
			/** @param {string} what @param {(message: any) => unknown} fits */
			const hear = (what, fits) =>
				until(
					what,
					() => lines.find(({ from, message }) => from === 'program' && fits(message))?.message
				);
			/** @param {string} method @param {object} params */
			const call = async (method, params) => {
				const mine = ++id;
				say({ id: mine, method, params });
				const answer = await hear(method, (message) => message.id === mine && !message.method);
				if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
				return answer.result;
			};
			const clientInfo = { name: 'agent-village', title: 'Agent Village', version: '0.1.0' };
			await call('initialize', { clientInfo, capabilities: { experimentalApi: true } });
			say({ method: 'initialized' });
			return { lines, say, hear, call, close: () => socket.close() };
		}
	};
}
