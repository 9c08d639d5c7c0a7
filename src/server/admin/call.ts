// The other end of the admin socket, for the program's commands.
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { isErrorCode } from '#protocol/errors.ts';
import { AppError } from '#server/errors.ts';
import { readLines } from './lines.ts';
import { POINTER } from './paths.ts';
import { Answer, MAX_ANSWER, type Method, type Params } from './wire.ts';

/** A result, wrapped so that an answer of null is not taken for silence. */
export interface Answered {
	result: unknown;
}

/**
 * Asks the server of a data directory. Null when none answers (none runs, or only a stale pointer is left).
 * Throws the server's `AppError`, or an `Error` when it hangs up or is silent for `timeoutMs`.
 */
export async function callAdmin<M extends Method>(
	dataDir: string,
	method: M,
	params?: Params<M>,
	timeoutMs = 10_000
): Promise<Answered | null> {
	let path: string;
	try {
		path = readFileSync(join(dataDir, POINTER), 'utf8').trim();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
		throw error;
	}
	return new Promise((resolve, reject) => {
		const socket = createConnection(path);
		const end = (act: () => void) => {
			clearTimeout(timer);
			socket.destroy();
			act();
		};
		const timer = setTimeout(
			() => end(() => reject(new Error('the server did not answer in time'))),
			timeoutMs
		);
		let connected = false;
		socket.on('error', (error: NodeJS.ErrnoException) => {
			const nobody = !connected && ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '');
			end(() => (nobody ? resolve(null) : reject(error)));
		});
		socket.on('close', () => end(() => reject(new Error('the server hung up'))));
		socket.on('connect', () => {
			connected = true;
			socket.write(`${JSON.stringify({ id: 1, method, ...(params ? { params } : {}) })}\n`);
		});
		readLines(
			socket,
			MAX_ANSWER,
			(line) =>
				end(() => {
					const answer = Answer.safeParse(parse(line));
					if (!answer.success) return reject(new Error('the server answered nonsense'));
					if ('error' in answer.data) {
						const { code, message } = answer.data.error;
						return reject(new AppError(isErrorCode(code) ? code : 'INTERNAL_ERROR', message));
					}
					resolve({ result: answer.data.result });
				}),
			() => end(() => reject(new Error('the server answered too much')))
		);
	});
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}
