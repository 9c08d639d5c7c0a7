// The obvious relays that the benchmarks compare with: node-pty and ws, one send per chunk, nothing else.
//   node relay.js base              one process: PTYs and viewers
//   node relay.js base2 | json2     the server of two processes; prints its port and waits for its runner
//   node relay.js runner2 MODE PORT the runner of two processes
// A viewer connects to /?id=ID (attach) and sends bytes; POST /start with {"id","command"} starts a program.
import { createServer } from 'node:http';
import pty from '@lydell/node-pty';
import { WebSocket, WebSocketServer } from 'ws';

const [mode, ...rest] = process.argv.slice(2);

/** @param {string} command */
const open = (command) =>
	pty.spawn('/bin/sh', ['-c', command], {
		name: 'xterm-256color',
		cols: 120,
		rows: 32,
		encoding: null
	});

/** @param {import('node:http').IncomingMessage} request */
async function body(request) {
	let text = '';
	for await (const chunk of request) text += chunk;
	return JSON.parse(text);
}

/**
 * The side that viewers see.
 * @param {{ start(id: string, command: string): void, input(id: string, bytes: Buffer): void }} work
 */
function serve(work) {
	/** @type {Map<string, Set<WebSocket>>} */
	const viewers = new Map();
	const http = createServer(async (request, response) => {
		const { id, command } = await body(request);
		work.start(id, command);
		response.end('{}');
	});
	const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
	http.on('upgrade', (request, socket, head) => {
		const url = new URL(request.url ?? '/', 'http://x');
		wss.handleUpgrade(request, socket, head, (ws) => {
			if (url.pathname === '/runner') return runner?.(ws);
			const id = url.searchParams.get('id') ?? '';
			const group = viewers.get(id) ?? new Set();
			viewers.set(id, group.add(ws));
			ws.on('close', () => group.delete(ws));
			ws.on('message', (/** @type {Buffer} */ data) =>
				work.input(id, mode === 'json2' ? Buffer.from(JSON.parse(String(data)).data) : data)
			);
		});
	});
	/** @type {((ws: WebSocket) => void) | undefined} */
	let runner;
	http.listen(0, '127.0.0.1', () => {
		const address = http.address();
		console.log(
			JSON.stringify({ port: address && typeof address === 'object' ? address.port : 0 })
		);
	});
	return {
		/** @param {string} id @param {Buffer | string} frame */
		send(id, frame) {
			for (const ws of viewers.get(id) ?? []) ws.send(frame);
		},
		/** @param {string} id */
		end(id) {
			for (const ws of viewers.get(id) ?? []) ws.close(1000);
		},
		/** @param {(ws: WebSocket) => void} take */
		onRunner: (take) => (runner = take)
	};
}

/** Frames of the two-process binary relay: 16 bytes of id, then the bytes. @param {string} id @param {Buffer} bytes */
const framed = (id, bytes) => Buffer.concat([Buffer.from(id.padEnd(16)), bytes]);

if (mode === 'base') {
	/** @type {Map<string, any>} */
	const ptys = new Map();
	const side = serve({
		start(id, command) {
			const term = open(command);
			ptys.set(id, term);
			term.onData((data) => side.send(id, /** @type {any} */ (data)));
			term.onExit(() => side.end(id));
		},
		input: (id, bytes) => ptys.get(id)?.write(bytes)
	});
} else if (mode === 'base2' || mode === 'json2') {
	/** @type {WebSocket | undefined} */
	let runner;
	const json = mode === 'json2';
	const side = serve({
		start: (id, command) => runner?.send(JSON.stringify({ type: 'start', id, command })),
		input: (id, bytes) =>
			runner?.send(
				json ? JSON.stringify({ type: 'input', id, data: String(bytes) }) : framed(id, bytes)
			)
	});
	side.onRunner((ws) => {
		runner = ws;
		ws.on('message', (/** @type {Buffer} */ data, binary) => {
			if (binary) return side.send(data.subarray(0, 16).toString().trim(), data.subarray(16));
			const message = JSON.parse(String(data));
			if (message.type === 'exit') side.end(message.id);
			else
				side.send(
					message.id,
					JSON.stringify({ type: 'output', sessionId: message.id, data: message.data })
				);
		});
	});
} else if (mode === 'runner2') {
	const json = rest[0] === 'json2';
	const ws = new WebSocket(`ws://127.0.0.1:${rest[1]}/runner`, { perMessageDeflate: false });
	/** @type {Map<string, any>} */
	const ptys = new Map();
	ws.on('open', () => console.log(JSON.stringify({ ready: true })));
	ws.on('close', () => process.exit(0));
	ws.on('message', (/** @type {Buffer} */ data, binary) => {
		if (binary) return ptys.get(data.subarray(0, 16).toString().trim())?.write(data.subarray(16));
		const message = JSON.parse(String(data));
		if (message.type === 'input') return ptys.get(message.id)?.write(message.data);
		const term = open(message.command);
		ptys.set(message.id, term);
		term.onData((chunk) =>
			ws.send(
				json
					? JSON.stringify({ type: 'output', id: message.id, data: String(chunk) })
					: framed(message.id, /** @type {any} */ (chunk))
			)
		);
		term.onExit(() => ws.send(JSON.stringify({ type: 'exit', id: message.id })));
	});
}
process.on('SIGTERM', () => process.exit(0));
