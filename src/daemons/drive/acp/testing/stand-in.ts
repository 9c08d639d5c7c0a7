// An agent of the protocol that does what a test says.

/**
 * A stand-in that speaks the protocol. What it does in a turn is `turn`, the rest is common: it answers to the first
 * messages, and `ask` asks whether a command may run and runs it only when a "once" comes back.
 */
export const standIn = (turn: string): string => `
const { execSync } = require('node:child_process');
const write = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const update = (update) => write({ method: 'session/update', params: { sessionId: 's', update } });
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const waiting = new Map();
let cancelled = false, turns = 0, number = 0;
const OPTIONS = [{ optionId: 'always', name: 'For this session', kind: 'allow_always' }, { optionId: 'once', name: 'Allow', kind: 'allow_once' }, { optionId: 'no', name: 'Reject', kind: 'reject_once' }];
const call = (method, params) => new Promise((resolve) => { const id = 'q' + ++number; waiting.set(id, resolve); write({ id, method, params }); });
async function ask(command = 'touch made', more = {}) {
	const toolCallId = 'call-' + command;
	const tool = { toolCallId, status: 'pending', title: command, kind: 'execute', content: [], locations: [] };
	const { result, error } = await call('session/request_permission', { sessionId: 's', options: OPTIONS, toolCall: tool, ...more });
	const chosen = error ? 'error ' + error.code : result.outcome.optionId || result.outcome.outcome;
	if (chosen === 'once') execSync(command);
	update({ sessionUpdate: 'tool_call_update', toolCallId, status: chosen === 'once' ? 'completed' : 'failed', ...(chosen === 'once' ? { rawOutput: { exitCode: 0 } } : {}) });
	say('[' + chosen + ']');
	return chosen;
}
async function onTurn(text) { ${turn} }
let held = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => {
	held += chunk;
	for (let at; (at = held.indexOf('\\n')) >= 0; held = held.slice(at + 1)) {
		const message = JSON.parse(held.slice(0, at));
		const { id, method, params } = message;
		if (method === undefined) { waiting.get(id)?.(message); continue; }
		if (method === 'initialize') write({ id, result: { protocolVersion: 1 } });
		if (method === 'session/new') write({ id, result: { sessionId: 's' } });
		if (method === 'session/cancel') cancelled = true;
		if (method === 'session/prompt') {
			turns += 1;
			void onTurn(params.prompt[0].text).then((stopReason) => write({ id, result: { stopReason: stopReason || 'end_turn', _meta: { quota: { token_count: { input_tokens: 10, output_tokens: 2 } } } } }));
		}
	}
});
`;
