// A model server of our own on the loopback address: three vendors' protocols, one scenario, no network and no account.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelFailure, ModelReply, ModelScenario } from '#protocol/model/scenario.ts';
import { MAX_BODY_BYTES, readJson } from './body.ts';
import { createConversations } from './conversations.ts';
import { doorAt, type Asking, type Door } from './doors.ts';
import { Refusal, refusalOn } from './errors.ts';
import { estimateTokens, type Part } from './parts.ts';
import type { Answer, Question } from './question.ts';
import { pause, sendEvents, sendJson } from './send.ts';
import { isSide, sideText } from './side.ts';
import { callsFor } from './tools.ts';

/** One answered request, for whoever watches. Bodies are told only where they are asked for. */
export interface Told {
	method: string;
	path: string;
	status: number;
	/** Index of the turn that was played; `side` for a request beside the conversation; null for neither. */
	turn: number | 'side' | null;
	body?: unknown;
	/** Without credentials. */
	headers?: Record<string, string>;
}

export interface FakeModelOptions {
	scenario: ModelScenario;
	/** 0 takes a free one. */
	port?: number;
	maxBodyBytes?: number;
	/** Called once for each request. */
	tell?: (told: Told) => void;
	/** Whether `tell` gets bodies and headers: they hold whatever the program was given to read. */
	bodies?: boolean;
	/** Unix milliseconds. */
	now?: () => number;
}

export interface FakeModel {
	readonly port: number;
	/** `http://127.0.0.1:PORT`. */
	readonly url: string;
	/** Ends open answers and listens no more. */
	close(): Promise<void>;
}

/** Asked by people and by Claude Code to see whether somebody is there. */
const GREETINGS = new Set(['/', '/api/hello']);
const LOOPBACK = '127.0.0.1';
/** Most requests at work at the same time; with the largest bodies they hold 512 MiB. */
const MAX_AT_WORK = 32;

/** Listens on the loopback address. Rejects when the port is taken. */
export async function openFakeModel(options: FakeModelOptions): Promise<FakeModel> {
	const { scenario, maxBodyBytes = MAX_BODY_BYTES, now = Date.now } = options;
	const conversations = createConversations(scenario);
	let atWork = 0;

	const server = createServer((request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://model');
		const told: Told = { method: request.method ?? '', path: pathname, status: 0, turn: null };
		response.on('close', () => {
			atWork--;
			options.tell?.({ ...told, status: response.statusCode });
		});
		atWork++;
		void serve(request, response, pathname, told);
	});
	server.on('clientError', (_error, socket) => socket.destroy());
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port ?? 0, LOOPBACK, resolve);
	});
	const { port } = server.address() as AddressInfo;

	async function serve(
		request: IncomingMessage,
		response: ServerResponse,
		path: string,
		told: Told
	): Promise<void> {
		const door = doorAt(path, 'anthropic-version' in request.headers);
		try {
			if (!isLoopbackHost(request.headers.host))
				throw new Refusal('forbidden', 'this server is for programs of this machine');
			if (atWork > MAX_AT_WORK) throw new Refusal('busy', 'too many requests at the same time', 1);
			if (GREETINGS.has(path) && (request.method === 'GET' || request.method === 'HEAD'))
				return sendJson(response, 200, { title: scenario.title });
			if (!door) throw new Refusal('not_found', `there is nothing at ${path.slice(0, 200)}`);
			if (request.method !== door.method)
				throw new Refusal('wrong_method', `${path} takes ${door.method}`);
			await enter(door, request, response, told);
		} catch (error) {
			refuse(response, door, error);
		}
	}

	async function enter(
		door: Door,
		request: IncomingMessage,
		response: ServerResponse,
		told: Told
	): Promise<void> {
		const body = door.method === 'POST' ? await readJson(request, maxBodyBytes) : null;
		const characters = Number(request.headers['content-length'] ?? 0) || lengthOf(body);
		const userAgent = request.headers['user-agent'] ?? '';
		if (options.bodies) Object.assign(told, { body, headers: harmless(request) });
		if (door.plain) return sendJson(response, 200, door.plain(body, characters));
		const asking = door.ask!(body, request.headers, characters);
		const ended = new AbortController();
		response.on('close', () => ended.abort());
		if (isSide(asking.question, userAgent)) {
			told.turn = 'side';
			const parts: Part[] = [{ kind: 'text', text: sideText(asking.question, scenario.title) }];
			return send(asking, answerOf(asking.question, parts, {}), response, ended.signal);
		}
		const { turn, reply } = conversations.next(asking.question.conversation, asking.question);
		told.turn = turn;
		await pause(reply.delayMs, ended.signal);
		if (ended.signal.aborted) return;
		if (reply.error) throw refusalFor(reply.error);
		const answer = answerOf(asking.question, partsOf(reply, asking.question), reply.usage);
		await send(asking, answer, response, ended.signal, reply);
	}

	function answerOf(
		{ model, characters }: Question,
		parts: readonly Part[],
		usage: ModelReply['usage']
	): Answer {
		const input = usage.input ?? estimateTokens(characters);
		return {
			id: randomBytes(10).toString('hex'),
			model,
			parts,
			tokens: {
				input,
				output: usage.output ?? estimateTokens(lengthOf(parts)),
				cached: Math.min(usage.cached ?? 0, input)
			},
			createdAt: Math.floor(now() / 1000)
		};
	}

	return {
		port,
		url: `http://${LOOPBACK}:${port}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			})
	};
}

function send(
	{ question, whole, events }: Asking,
	answer: Answer,
	response: ServerResponse,
	signal: AbortSignal,
	{ pieceMs = 0, cutAfter }: Partial<ModelReply> = {}
): Promise<void> | void {
	if (!question.stream) return sendJson(response, 200, whole(answer), {}, cutAfter !== undefined);
	return sendEvents(response, events(answer), { pieceMs, cutAfter: cutAfter ?? null }, signal);
}

function partsOf({ thinking, text, actions }: ModelReply, question: Question): Part[] {
	return [
		...(thinking === undefined ? [] : [{ kind: 'thinking' as const, text: thinking }]),
		...(text === undefined ? [] : [{ kind: 'text' as const, text }]),
		...actions.flatMap((action) => callsFor(action, question))
	];
}

const refusalFor = ({ kind, message, retryAfter }: ModelFailure) =>
	new Refusal(kind, message, retryAfter ?? null);

function refuse(response: ServerResponse, door: Door | null, error: unknown): void {
	if (response.destroyed) return;
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const refusal =
		error instanceof Refusal ? error : new Refusal('failed', 'a fault of the fake model');
	const { status, body } = refusalOn(door?.wire ?? 'anthropic', refusal);
	const { retryAfter, code } = refusal;
	sendJson(response, status, body, {
		...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
		// The rest of such a body is not worth reading.
		...(code === 'too_large' ? { connection: 'close' } : {})
	});
}

function lengthOf(value: unknown): number {
	return JSON.stringify(value)?.length ?? 0;
}

const SECRET = /^(authorization|x-api-key|x-goog-api-key|api-key|cookie)$/;

function harmless({ headers }: IncomingMessage): Record<string, string> {
	const told = Object.entries(headers).filter(([name]) => !SECRET.test(name));
	return Object.fromEntries(told.map(([name, value]) => [name, String(value)]));
}

/** A page in a browser that was led here by a name of its own has another `host`. */
function isLoopbackHost(host: string | undefined): boolean {
	return host !== undefined && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(host);
}
