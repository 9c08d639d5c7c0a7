// The agent's process and the protocol on its pipes.
import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { client, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk';
import type { AnyMessage, ClientContext } from '@agentclientprotocol/sdk';
import type { DriverEnd } from '../driver.ts';
import { plainText } from './plain-text.ts';
import type { PermissionAnswer } from './requests.ts';
import { PermissionParams, UpdateParams } from './words.ts';

/** Longest message; an agent that sends more is ended. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Of what the agent writes to its stderr, the end that is shown when it fails. */
const STDERR_CHARS = 2000;
/** How long an agent may take to end when it is told to. */
const END_MS = 3000;

export interface AgentEvents {
	onUpdate(update: UpdateParams): void;
	/** `signal` is aborted when the agent withdraws the question. Rejects with words for the agent when it cannot be asked. */
	onPermission(params: PermissionParams, signal: AbortSignal): Promise<PermissionAnswer>;
}

export interface Agent {
	readonly context: ClientContext;
	/** Never rejects; `code` 127 when it could not be started. */
	readonly ended: Promise<DriverEnd>;
	/** End of what it wrote to its stderr. */
	complaint(): string;
	stop(signal?: NodeJS.Signals): void;
}

/** Answers to requests that cannot be ours: we number ours. */
const isOurs = (message: AnyMessage): boolean =>
	!('id' in message) || 'method' in message || typeof message.id === 'number';

/** Starts the agent as a child of this process. It gets no terminal: ^C is ours. */
export function startAgent(
	argv: readonly string[],
	options: { cwd: string; env: NodeJS.ProcessEnv },
	events: AgentEvents
): Agent {
	const child = spawn(argv[0]!, argv.slice(1), { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
	let stderr = '';
	child.stderr.setEncoding('utf8');
	child.stderr.on('data', (text) => (stderr = (stderr + String(text)).slice(-STDERR_CHARS)));
	child.stdin.on('error', () => undefined);
	let killer: NodeJS.Timeout | undefined;
	const ended = new Promise<DriverEnd>((resolve) => {
		child.on('error', (error) => {
			stderr = error.message;
			resolve({ code: 127, signal: null });
		});
		child.on('close', (code, signal) => resolve({ code, signal }));
		// A grandchild may hold the pipes open.
		child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 500).unref());
	}).finally(() => clearTimeout(killer));
	function stop(signal: NodeJS.Signals = 'SIGTERM'): void {
		child.kill(signal);
		killer ??= setTimeout(() => child.kill('SIGKILL'), END_MS);
	}

	const { readable, writable } = ndJsonStream(
		Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
		Readable.toWeb(child.stdout) as unknown as ReadableStream<Uint8Array>,
		{ maxMessageBytes: MAX_MESSAGE_BYTES }
	);
	const ours = new TransformStream<AnyMessage, AnyMessage>({
		transform(message, controller) {
			// Heard here, in their order; the package refuses updates of kinds it does not know.
			if ('method' in message && !('id' in message) && message.method === 'session/update') {
				const parsed = UpdateParams.safeParse(message.params);
				if (parsed.success) events.onUpdate(parsed.data);
			} else if (isOurs(message)) controller.enqueue(message);
		}
	});
	const connection = client()
		.onRequest(
			'session/request_permission',
			(params) => {
				const parsed = PermissionParams.safeParse(params);
				if (!parsed.success) throw RequestError.invalidParams(parsed.error.issues[0]?.message);
				return parsed.data;
			},
			({ params, signal }) => events.onPermission(params, signal)
		)
		// Other programs' notifications are no fault.
		.onNotification('*', () => undefined)
		.connect({ readable: readable.pipeThrough(ours), writable });
	// A connection that is gone leaves an agent nobody hears.
	void connection.closed.then(() => stop());
	return { context: connection.agent, ended, complaint: () => plainText(stderr).trim(), stop };
}

/** What `initialize` says: who we are, and that files and terminals are the agent's own affair. */
export const INITIALIZE = {
	protocolVersion: PROTOCOL_VERSION,
	clientInfo: { name: 'agent-village', title: 'Agent Village', version: '0.1.0' },
	clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false }
};

/** The agent wants its person to sign in first. */
export const needsSignIn = (error: unknown): boolean =>
	error instanceof RequestError && error.code === -32000;

/** An error of the agent in one line. */
export function wordsOf(error: unknown): string {
	const details = error instanceof RequestError ? (error.data as { details?: unknown }) : undefined;
	const more = typeof details?.details === 'string' ? `: ${details.details}` : '';
	return plainText(`${error instanceof Error ? error.message : String(error)}${more}`).slice(
		0,
		900
	);
}
