// A real door on a real engine, and a client that says what the test wants.
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Role } from '#domain/permissions.ts';
import {
	decodeTerminalFrame,
	encodeTerminalFrame,
	TERMINAL_KIND
} from '#protocol/terminal/binary.ts';
import type { TerminalDown } from '#protocol/terminal/down.ts';
import type { Actor } from '#server/auth/actor.ts';
import { missing } from '#server/auth/actor.ts';
import { createRevocations } from '#server/auth/revocation.ts';
import { createLog } from '#server/log.ts';
import { testEngine, until } from '#server/terminals/testing/engine.ts';
import type { TerminalTimings } from '#server/terminals/types.ts';
import { createTerminalDoor, type TerminalDoorTimings } from '../terminal.ts';
import { createUpgrades } from '../upgrade.ts';

interface Login {
	role: Role | null;
	orgId: string;
}

/** A real server with a real door and engine. The bearer token is the person's name. */
export async function openDoor(
	options: { door?: Partial<TerminalDoorTimings>; engine?: Partial<TerminalTimings> } = {}
) {
	const engine = await testEngine(options.engine);
	const orgId = `org-${Math.random().toString(36).slice(2)}`;
	const logins = new Map<string, Login>([
		['olga', { role: 'operator', orgId }],
		['otto', { role: 'operator', orgId }],
		['vera', { role: 'viewer', orgId }],
		['stranger', { role: 'owner', orgId: 'another' }]
	]);
	const sessionOrg = new Map<string, string>();
	const revocations = createRevocations(() => {});
	const door = createTerminalDoor({
		authenticate: async (request) => {
			const name = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
			const login = logins.get(name);
			return login ? actor(name, login) : null;
		},
		session: async (who, id) => {
			const org = sessionOrg.get(id);
			if (!org || !who.memberships.has(org)) throw missing('SESSION_NOT_FOUND');
			return { orgId: org };
		},
		terminals: engine.terminals,
		revocations,
		log: createLog('silent'),
		...(options.door ? { timings: options.door } : {})
	});
	const upgrades = createUpgrades({
		doors: [door],
		log: createLog('silent'),
		originAllowed: (origin) => origin === 'http://ours'
	});
	const server = createServer();
	server.on('upgrade', upgrades.handle);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	onTestFinished(async () => {
		await upgrades.close();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	const { port } = server.address() as AddressInfo;
	return {
		...engine,
		upgrades,
		logins,
		revocations,
		port,
		async newSession() {
			const id = await engine.session({ orgId });
			sessionOrg.set(id, orgId);
			await engine.terminals.heads({ sessionId: id, attempt: 1, termBase: 0 });
			await engine.terminals.linked({ sessionId: id, attempt: 1, termBase: 0 }, 0);
			return id;
		},
		print(id: string, offset: number, text: string | Buffer) {
			void engine.terminals.receive(
				{ sessionId: id, attempt: 1, termBase: 0 },
				1,
				offset,
				Buffer.from(text as string),
				0
			);
		},
		client: (name: string, headers: Record<string, string> = {}) =>
			new Client(`ws://127.0.0.1:${port}/ws/terminal`, name, headers)
	};
}

function actor(name: string, login: Login): Actor {
	return {
		kind: 'user',
		id: `user-${name}`,
		name,
		isAdmin: false,
		memberships: login.role
			? new Map([[login.orgId, { role: login.role, approve: null, scopes: null }]])
			: new Map(),
		credentialId: `login-${name}`,
		transport: 'ws',
		ip: null
	};
}

export class Client {
	readonly socket: WebSocket;
	readonly heard: TerminalDown[] = [];
	readonly acks: number[] = [];
	text = '';
	/** Next session offset. */
	offset = 0;
	bytes = 0;
	closed: number | null = null;
	status: number | null = null;
	acknowledging = true;
	#ref = 0;

	constructor(url: string, name: string, headers: Record<string, string> = {}) {
		this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${name}`, ...headers } });
		this.socket.on('message', (data: Buffer, isBinary: boolean) => {
			if (!isBinary) {
				this.heard.push(JSON.parse(data.toString()) as TerminalDown);
				return;
			}
			const frame = decodeTerminalFrame(data)!;
			if (frame.kind === TERMINAL_KIND.inputAck) {
				this.acks.push(frame.offset);
				return;
			}
			this.bytes += frame.payload.length;
			if (frame.kind === TERMINAL_KIND.snapshot) this.offset = frame.offset;
			else this.offset = frame.offset + frame.payload.length;
			if (this.text.length < 100_000) this.text += Buffer.from(frame.payload).toString('latin1');
			if (this.acknowledging)
				this.socket.send(encodeTerminalFrame(TERMINAL_KIND.ack, frame.stream, this.offset));
		});
		this.socket.on('close', (code) => (this.closed = code));
		this.socket.on('error', () => {});
		this.socket.on('unexpected-response', (_request, response) => {
			this.status = response.statusCode ?? 0;
			response.resume();
		});
		onTestFinished(() => this.socket.terminate());
	}

	of<T extends TerminalDown['t']>(t: T): Extract<TerminalDown, { t: T }>[] {
		return this.heard.filter((m): m is Extract<TerminalDown, { t: T }> => m.t === t);
	}

	async open(): Promise<this> {
		await until(() => this.of('hello').length > 0 || this.closed !== null, 'hello');
		return this;
	}

	say(message: unknown): void {
		this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
	}

	async attach(sessionId: string, more: object = {}): Promise<number> {
		const ref = ++this.#ref;
		this.say({ t: 'attach', ref, sessionId, ...more });
		const answer = () =>
			[...this.of('attached'), ...this.of('error')].find((m) => 'ref' in m && m.ref === ref);
		await until(() => answer() !== undefined, 'an answer to attach');
		const got = answer()!;
		return got.t === 'attached' ? got.stream : 0;
	}

	type(stream: number, counter: number, data: string): void {
		this.socket.send(
			encodeTerminalFrame(TERMINAL_KIND.input, stream, counter, new TextEncoder().encode(data))
		);
	}
}
