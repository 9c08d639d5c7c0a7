// opencode: its one-shot stream, and its server with events.
import { until } from './box.js';
import { ANSWER, COMMAND, FILE, QUESTION, SLOW } from './scenarios.js';

/** @typedef {import('./cases.js').Case} Case @typedef {import('./box.js').Box} Box */

/** @param {Box} box */
function env({ url }) {
	const config = {
		model: 'anthropic/claude-sonnet-4-5',
		provider: { anthropic: { options: { baseURL: `${url}/v1`, apiKey: 'any' } } },
		permission: { bash: 'ask', edit: 'ask' },
		autoupdate: false,
		share: 'disabled'
	};
	return { OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_MODELS_FETCH: '1' };
}

/** A server with its events followed and a prompt begun. @param {Box} box @param {string[]} argv */
async function converse(box, argv) {
	const server = box.start([...argv, 'serve', '--port', '0', '--hostname', '127.0.0.1'], env(box));
	let out = '';
	server.child.stdout.on('data', (chunk) => (out += chunk));
	const url = await until('its address', () => /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0]);
	/** @type {import('./box.js').Line[]} */
	const lines = [];
	const over = new AbortController();
	box.atEnd(() => over.abort());
	const response = await fetch(`${url}/event`, { signal: over.signal });
	void follow(response, lines).catch(() => {});
	/** @param {string} path @param {unknown} body */
	const post = async (path, body) => {
		lines.push({ from: 'us', message: { method: 'POST', path, body } });
		const answer = await fetch(url + path, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
			signal: over.signal
		});
		if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
		const text = await answer.text();
		return text === '' ? null : JSON.parse(text);
	};
	/** @param {string} what @param {(event: any) => unknown} fits */
	const hear = (what, fits) =>
		until(
			what,
			() => lines.find(({ from, message }) => from === 'program' && fits(message))?.message
		);
	await hear('its greeting', ({ type }) => type === 'server.connected');
	const session = await post('/session', {});
	const parts = [{ type: 'text', text: 'Say good morning' }];
	await post(`/session/${session.id}/prompt_async`, { parts });
	return {
		...{ lines, post, hear, session },
		asked: () => hear('an approval', ({ type }) => type === 'permission.asked'),
		idle: () => hear('the end', ({ type }) => type === 'session.idle')
	};
}

/** @param {Response} response @param {import('./box.js').Line[]} lines */
async function follow(response, lines) {
	let rest = '';
	const decoder = new TextDecoder();
	for await (const chunk of response.body ?? []) {
		const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
		rest = events.pop() ?? '';
		for (const event of events) {
			const data = /^data: (.*)$/m.exec(event)?.[1];
			if (data) lines.push({ from: 'program', message: JSON.parse(data) });
		}
	}
}

/** @type {Case[]} */
export const cases = [
	{
		capability: 'answers',
		scenario: ANSWER,
		async play(box, { argv }, { equal, keep }) {
			const words = ['run', '--format', 'json', 'Say good morning'];
			const { code, lines } = await box.finish([...argv, ...words], env(box));
			keep('run', lines);
			const said = lines.map(({ message }) => message.part?.text).filter(Boolean);
			equal([code, said], [0, ['Good morning to you.']]);
		}
	},
	{
		capability: 'command, allowed',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const { properties } = await talk.asked();
			equal([properties.permission, box.read('made.txt')], ['bash', null]);
			await talk.post(`/permission/${properties.id}/reply`, { reply: 'once' });
			await talk.hear('the reply', ({ type }) => type === 'permission.replied');
			await talk.idle();
			keep('command-allowed', talk.lines);
			equal(box.read('made.txt'), 'made\n');
		}
	},
	{
		capability: 'command, denied',
		scenario: COMMAND,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const { properties } = await talk.asked();
			const reply = { reply: 'reject', message: 'Not today.' };
			await talk.post(`/permission/${properties.id}/reply`, reply);
			await talk.idle();
			keep('command-denied', talk.lines);
			equal(box.read('made.txt'), null);
		}
	},
	{
		capability: 'file, allowed',
		scenario: FILE,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const { properties } = await talk.asked();
			equal(properties.permission, 'edit');
			await talk.post(`/permission/${properties.id}/reply`, { reply: 'once' });
			await talk.idle();
			keep('file-allowed', talk.lines);
			equal(box.read('greeting.txt'), 'Good morning\n');
		}
	},
	{
		capability: 'an answer to nothing is refused',
		scenario: COMMAND,
		async play(box, { argv }, { equal }) {
			const talk = await converse(box, argv);
			await talk.asked();
			const refused = await talk.post('/permission/per_none/reply', { reply: 'once' }).then(
				() => false,
				() => true
			);
			equal([refused, box.read('made.txt')], [true, null]);
		}
	},
	{
		capability: 'question',
		scenario: QUESTION,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			const { properties } = await talk.hear('a question', ({ type }) => type === 'question.asked');
			await talk.post(`/question/${properties.id}/reply`, { answers: [['French']] });
			await talk.idle();
			keep('question', talk.lines);
			equal(properties.questions[0].question, 'Which language?');
		}
	},
	{
		capability: 'interrupt',
		scenario: SLOW,
		async play(box, { argv }, { equal, keep }) {
			const talk = await converse(box, argv);
			await talk.hear('its first words', ({ type }) => type === 'message.part.delta');
			equal(await talk.post(`/session/${talk.session.id}/abort`, {}), true);
			await talk.idle();
			keep('interrupt', talk.lines.slice(0, 60));
		}
	}
];
