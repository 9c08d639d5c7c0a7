// The runner's connection to its session host: found or started, and found again when it breaks.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostDown } from '#protocol/host/down.ts';
import type { StreamFrame } from '#protocol/host/stream-frame.ts';
import type { HostWelcome } from '#protocol/host/welcome.ts';
import { connectHost, type HostUnreachableError, type HostClient } from '../session-host/client.ts';
import { ensureHost } from '../session-host/ensure.ts';

/** Waits between tries to reach a host that does not answer. */
const RETRY_MS = [50, 200, 500, 1000, 2000, 5000];

export interface HostLinkOptions {
	dir: string;
	socketPath: string;
	/** Program and arguments that start a host for this dir and socket. */
	spawn: string[];
	runnerId: string;
	/** The host answers: what it holds. Called for every connection, before anything else of it. */
	onWelcome(welcome: HostWelcome): void;
	onMessage(message: Exclude<HostDown, HostWelcome>): void;
	/** The frame's memory is valid during the call and as long as `reading` says so. */
	onFrame(frame: StreamFrame): void;
	reading(): boolean;
	onDown(): void;
	/** Another runner took the host over; this one must end. */
	onReplaced(): void;
	onNote(message: string): void;
}

export interface HostLink {
	/** The connection, or null while there is none. */
	readonly client: HostClient | null;
	/** Ends the connection; the host and its sessions go on. */
	close(): void;
}

/**
 * Starts or finds the host and connects to it. Rejects with HostUnreachableError when the first try fails;
 * later losses are repaired in the background.
 */
export async function openHostLink(options: HostLinkOptions): Promise<HostLink> {
	let client: HostClient | null = null;
	let closed = false;

	async function connect(): Promise<void> {
		await ensureHost({ dir: options.dir, socketPath: options.socketPath, spawn: options.spawn });
		// The host may speak before `connectHost` has resolved: what it says waits for the welcome to be handled.
		let early: (() => void)[] | null = [];
		const later = (run: () => void) => (early ? early.push(run) : run());
		const next = await connectHost({
			socketPath: options.socketPath,
			runnerId: options.runnerId,
			onMessage: (message) => later(() => options.onMessage(message)),
			onFrame: (frame) => later(() => options.onFrame(frame)),
			reading: () => early !== null || options.reading(),
			onClose: (error) => later(() => lost(error))
		});
		if (closed) return next.close();
		client = next;
		options.onWelcome(next.welcome);
		const waiting = early;
		early = null;
		for (const run of waiting) run();
	}

	function lost(error: HostUnreachableError): void {
		client = null;
		if (closed) return;
		options.onDown();
		if (error.code === 'REPLACED') return options.onReplaced();
		options.onNote(`session host: ${error.message}`);
		void reconnect();
	}

	async function reconnect(): Promise<void> {
		for (let turn = 0; !closed; turn++) {
			await sleep(RETRY_MS[Math.min(turn, RETRY_MS.length - 1)]);
			if (closed) return;
			try {
				return await connect();
			} catch (error) {
				options.onNote(`session host: ${error instanceof Error ? error.message : String(error)}`);
			}
		}
	}

	await connect();
	return {
		get client() {
			return client;
		},
		close() {
			closed = true;
			client?.close();
			client = null;
		}
	};
}
