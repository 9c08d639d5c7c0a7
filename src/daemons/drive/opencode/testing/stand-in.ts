/** How a stand-in behaves beside asking; see `standIn`. */
export interface Manners {
	/** What the task asks about: shell commands, each a question of its own. */
	commands?: string[];
	/** Text that is sent on the stream before the questions, as it is. */
	before?: string;
	/** Script of the server, run when the questions are out. */
	asked?: string;
	/** Rules of its agent before ours. */
	rules?: { permission: string; pattern: string; action: string }[];
	/** `open` lets everybody in, `other` lets nobody in. */
	door?: 'open' | 'other';
	/** Answers to permissions are taken with 200, and nothing comes of them. */
	deaf?: boolean;
}

/**
 * A stand-in with the program's own manners. As `serve` it is behind its password, asks before it runs the commands of a
 * turn, and tells all listeners; the first answer wins. As `attach` it opens the same server, shows its questions and
 * answers them with `y` or `n`. Its exit code is 3 when something was denied.
 */
export function standIn(manners: Manners = {}): string {
	return `
const manners = ${JSON.stringify(manners)};
const { createServer } = require('node:http');
const { execSync } = require('node:child_process');
const { writeFileSync, appendFileSync } = require('node:fs');
const password = process.env.OPENCODE_SERVER_PASSWORD;
const key = 'Basic ' + Buffer.from('opencode:' + password).toString('base64');
const commands = manners.commands ?? ['touch made'];
if (process.argv.some((word) => word.includes(password))) throw new Error('the password is in argv');
appendFileSync('starts', process.argv[2] + ' ' + process.pid + '\\n');

function serve() {
	const listeners = new Set();
	const pending = new Map();
	let denied = false, left = commands.length, prompt;
	const raw = (text) => { for (const one of listeners) one.write(text); };
	const tell = (type, properties) => raw('data: ' + JSON.stringify({ id: 'evt', type, properties }) + '\\n\\n');
	const hangUp = (text) => { for (const one of listeners) one.end(text); };
	const content = JSON.parse(process.env.OPENCODE_CONFIG_CONTENT || '{}');
	const layer = (permission) => Object.entries(permission).flatMap(([name, value]) =>
		typeof value === 'string' ? [{ permission: name, pattern: '*', action: value }]
			: Object.entries(value).map(([pattern, action]) => ({ permission: name, pattern, action })));
	const rules = [
		{ permission: '*', pattern: '*', action: 'allow' },
		...layer(JSON.parse(process.env.OPENCODE_PERMISSION)),
		...(manners.rules ?? []),
		...layer(content.agent?.build?.permission ?? {})
	];
	const info = { id: 'ses_1', cost: 0, tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } } };
	const messages = [];
	const part = (at, state) => ({ sessionID: 'ses_1', part: { type: 'tool', id: 'prt_' + at, callID: 'call_' + at, tool: 'bash', state: { input: { command: commands[at] }, ...state } } });
	const question = (at) => ({ id: 'per_' + at, sessionID: 'ses_1', permission: 'bash', patterns: [commands[at]], metadata: { command: commands[at] }, always: [commands[at].split(' ')[0] + ' *'], tool: { messageID: 'msg_2', callID: 'call_' + at } });
	function ask() {
		tell('message.updated', { info: { id: 'msg_1', role: 'user' } });
		tell('message.part.updated', { part: { type: 'text', id: 'prt_u', messageID: 'msg_1', text: prompt } });
		tell('session.status', { sessionID: 'ses_1', status: { type: 'busy' } });
		if (manners.before) raw(manners.before);
		commands.forEach((command, at) => {
			pending.set('per_' + at, question(at));
			tell('message.part.updated', part(at, { status: 'running' }));
			tell('permission.asked', question(at));
		});
		${manners.asked ?? ''}
	}
	function settle(id, reply) {
		const at = Number(id.slice(4));
		pending.delete(id);
		tell('permission.replied', { sessionID: 'ses_1', requestID: id, reply });
		if (reply === 'reject') denied = true;
		else execSync(commands[at]);
		const done = part(at, reply === 'reject'
			? { status: 'error', error: 'The user rejected permission to use this specific tool call.' }
			: { status: 'completed', metadata: { exit: 0 } });
		messages.push({ info: { id: 'msg_2', role: 'assistant' }, parts: [done.part] });
		tell('message.part.updated', done);
		if (--left > 0) return;
		tell('session.updated', { info: { ...info, cost: 0.5, tokens: { ...info.tokens, input: 10, output: 2, cache: { read: 5, write: 0 } } } });
		tell('session.status', { sessionID: 'ses_1', status: { type: 'idle' } });
		tell('turn.over', { code: denied ? 3 : 0 });
	}
	createServer(async (request, response) => {
		const { method } = request;
		const path = request.url;
		let body = '';
		for await (const chunk of request) body += chunk;
		const answer = (value, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
		if (manners.door !== 'open' && (manners.door === 'other' || request.headers.authorization !== key)) return answer({}, 401);
		if (path === '/event') {
			listeners.add(response);
			appendFileSync('listens', 'x');
			response.on('close', () => listeners.delete(response));
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.write('data: {"type":"server.connected","properties":{}}\\n\\n');
			return;
		}
		const { reply, parts, model } = body ? JSON.parse(body) : {};
		const [, id] = /^\\/permission\\/(\\w+)\\/reply$/.exec(path) ?? [];
		if (id) {
			if (manners.deaf && reply !== 'y') return answer(true);
			if (!pending.has(id)) return answer({}, 404);
			answer(true);
			return settle(id, reply);
		}
		if (path === '/agent') return answer([{ name: 'build', permission: rules }]);
		if (path === '/config') return answer({});
		if (path === '/permission') return answer([...pending.values()]);
		if (path === '/session/ses_1') return answer(info);
		if (path.startsWith('/session/ses_1/message')) return answer(messages);
		if (path === '/question') return answer([]);
		if (path === '/session/status') return answer(prompt ? { ses_1: { type: left > 0 ? 'busy' : 'idle' } } : {});
		if (path === '/session') { tell('session.created', { info }); return answer(info); }
		if (path === '/session/ses_1/prompt_async') {
			prompt = parts[0].text;
			if (model) writeFileSync('model', JSON.stringify(model));
			response.writeHead(204).end();
			return;
		}
		// The interface is there: only now the turn begins.
		if (path === '/attached') { answer({}); if (prompt) ask(); return; }
		answer({}, 404);
	}).listen(0, '127.0.0.1', function () {
		console.log('opencode server listening on http://127.0.0.1:' + this.address().port);
	});
}

async function attach() {
	const url = process.argv[3];
	const headers = { authorization: key, 'content-type': 'application/json' };
	const { body } = await fetch(url + '/event', { headers });
	const open = new Set();
	process.stdin.setRawMode(true).on('data', (typed) => {
		const [id] = open;
		if (id) void fetch(url + '/permission/' + id + '/reply', { method: 'POST', headers, body: JSON.stringify({ reply: String(typed) === 'y' ? 'once' : 'reject' }) });
	});
	console.log('attached ' + process.argv.slice(4).join(' '));
	void fetch(url + '/attached', { headers });
	let rest = '';
	const decoder = new TextDecoder();
	try {
		for await (const chunk of body) {
			rest += decoder.decode(chunk, { stream: true });
			// Nothing it knows is that long; the end of it is no JSON, and passed over below.
			if (rest.length > 200000) rest = rest.slice(-2);
			const events = rest.split('\\n\\n');
			rest = events.pop();
			for (const event of events) {
				let told;
				try { told = JSON.parse(event.slice(6)); } catch { continue; }
				const { type, properties } = told ?? {};
				if (type === 'permission.asked') { open.add(properties.id); console.log('dialog open'); }
				if (type === 'permission.replied') { open.delete(properties.requestID); console.log('dialog closed'); }
				if (type === 'turn.over') setTimeout(() => process.exit(properties.code), 300);
			}
		}
	} catch {}
	setInterval(() => {}, 1000);
}
if (process.argv[2] === 'serve') serve(); else attach();
`;
}
