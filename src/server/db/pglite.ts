// The embedded database as a stream of PostgreSQL's wire protocol, so that one driver serves it and a real server alike.
import { Duplex } from 'node:stream';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#server/package-root.ts';

type FromWorker = Uint8Array | { ready: true } | { closed: true } | { dump: Uint8Array };

/** Type byte of PostgreSQL's Terminate message. */
const TERMINATE = 0x58;

export interface EmbeddedPostgres {
	/** A new connection; the driver is told to open one at a time. */
	connect(): Duplex;
	/** A tar of the whole data directory, for a backup or the templates of tests. Uncompressed loads twice as fast, and is ten times larger. */
	dump(compression: 'gzip' | 'none'): Promise<Uint8Array>;
	close(): Promise<void>;
}

/**
 * Starts PGlite in a worker thread and waits until it answers.
 * @param dataDir folder of the cluster, or null for memory
 * @param template what a first start begins from instead of seconds of initdb: a closed cluster's folder, which is only
 * copied to another folder and never loaded into memory, or a tar of one
 */
export async function openPglite(
	dataDir: string | null,
	template: string | null
): Promise<EmbeddedPostgres> {
	const worker = new Worker(join(packageRoot(), 'src/server/db/pglite-worker.js'), {
		workerData: { dataDir, template }
	});
	const expect = <K extends string>(key: K) =>
		new Promise<Extract<FromWorker, Record<K, unknown>>>((resolve, reject) => {
			const done = () => {
				worker.off('message', onMessage);
				worker.off('error', onError);
				worker.off('exit', onExit);
			};
			const onMessage = (message: FromWorker) => {
				if (message instanceof Uint8Array || !(key in message)) return;
				done();
				resolve(message as Extract<FromWorker, Record<K, unknown>>);
			};
			const onError = (error: Error) => (done(), reject(error));
			const onExit = () => (done(), reject(new Error('the embedded database ended')));
			worker.on('message', onMessage);
			worker.once('error', onError);
			worker.once('exit', onExit);
		});
	await expect('ready');

	return {
		connect() {
			const stream = new Duplex({
				read() {},
				write(chunk: Buffer, _encoding, callback) {
					// Terminate ends the connection, not the database behind it.
					if (chunk[0] !== TERMINATE) worker.postMessage(new Uint8Array(chunk));
					callback();
				},
				destroy(error, callback) {
					worker.off('message', receive);
					callback(error);
				}
			});
			const receive = (message: FromWorker) => {
				if (message instanceof Uint8Array)
					stream.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
			};
			// The driver looks at `readyState`, as sockets have it, before it says goodbye and waits for the close.
			Object.defineProperty(stream, 'readyState', {
				get: () => (stream.destroyed || stream.writableEnded ? 'closed' : 'open')
			});
			// Goodbye reads nothing more, and a stream that is not read never closes.
			stream.once('finish', () => stream.destroy());
			worker.on('message', receive);
			worker.once('exit', () => stream.destroy());
			return stream;
		},
		async dump(compression) {
			const answer = expect('dump');
			worker.postMessage({ dump: compression });
			return (await answer).dump;
		},
		async close() {
			const answer = expect('closed');
			worker.postMessage({ close: true });
			await answer;
			await worker.terminate();
		}
	};
}
