import { accessSync, constants, statSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { OutputKind } from '#protocol/host/limits.ts';

/** What is started. The environment is the whole one. */
export interface ChildSpec {
	argv: string[];
	cwd: string;
	env: Record<string, string>;
	cols: number;
	rows: number;
}

export interface ChildEvents {
	/** Bytes as they came. The buffer is only valid during the call. */
	onData(kind: OutputKind, bytes: Buffer): void;
	/** The root process has ended; called once. Output may still be in the pipe: see `finish`. */
	onExit(code: number | null, signal: string | null): void;
}

/** A started process behind a PTY or pipes. */
export interface Child {
	readonly pid: number;
	/** Hands over as many bytes as fit now and says how many; throws when nobody reads any more. */
	write(bytes: Uint8Array): number;
	/** Closes standard input (pipes only). */
	endInput(): void;
	resize(cols: number, rows: number): void;
	/** The gentle way to say stop: ^C on a PTY, SIGINT to the root on pipes. */
	interrupt(): void;
	pauseReading(): void;
	resumeReading(): void;
	/**
	 * Call when no process of the tree is left: delivers every byte that is still in the kernel and
	 * closes. Waits while reading is paused.
	 */
	finish(): Promise<void>;
}

/** The process could not be started; nothing is left of it. */
export class SpawnError extends Error {
	override name = 'SpawnError';
	readonly code: 'bad_spec' | 'spawn_failed';
	constructor(code: 'bad_spec' | 'spawn_failed', message: string) {
		super(message);
		this.code = code;
	}
}

/** The program's absolute path, found on the PATH that the child itself gets. Throws SpawnError. */
export function findProgram(spec: ChildSpec): string {
	if (!isAbsolute(spec.cwd) || !isFolder(spec.cwd)) {
		throw new SpawnError('bad_spec', `not a folder: ${spec.cwd}`);
	}
	const program = spec.argv[0] ?? '';
	const candidates = program.includes('/')
		? [resolve(spec.cwd, program)]
		: (spec.env.PATH ?? '')
				.split(delimiter)
				.filter((folder) => isAbsolute(folder))
				.map((folder) => join(folder, program));
	const found = program === '' ? undefined : candidates.find(isExecutable);
	if (found === undefined) throw new SpawnError('spawn_failed', `program not found: ${program}`);
	return found;
}

/** The name of a signal number, null for 0. */
export function signalName(number: number): string | null {
	if (number === 0) return null;
	return (
		Object.entries(os.signals).find(([, value]) => value === number)?.[0] ?? `SIG${String(number)}`
	);
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
