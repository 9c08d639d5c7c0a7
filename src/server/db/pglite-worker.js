// Runs the embedded PostgreSQL in a worker thread: its work never holds the server's event loop.
// Plain JavaScript, because Node starts this file itself. Speaks PostgreSQL's own wire protocol over the message port.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** @type {{ dataDir: string | null, template: string | null }} */
const { dataDir, template } = workerData;

async function open() {
	const fresh = !dataDir || !existsSync(join(dataDir, 'PG_VERSION'));
	if (dataDir) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const loadDataDir =
		fresh && template && existsSync(template) ? new Blob([readFileSync(template)]) : undefined;
	return PGlite.create({
		...(dataDir ? { dataDir } : {}),
		...(loadDataDir ? { loadDataDir } : {})
	});
}

const db = await open();
parentPort?.on(
	'message',
	async (/** @type {Uint8Array | { dump: 'gzip' | 'none' } | { close: true }} */ message) => {
		if (message instanceof Uint8Array) {
			const reply = await db.execProtocolRaw(message);
			if (reply.length > 0) parentPort?.postMessage(reply);
		} else if ('dump' in message) {
			const dump = await db.dumpDataDir(message.dump);
			parentPort?.postMessage({ dump: new Uint8Array(await dump.arrayBuffer()) });
		} else {
			await db.close();
			parentPort?.postMessage({ closed: true });
			parentPort?.close();
		}
	}
);
parentPort?.postMessage({ ready: true });
