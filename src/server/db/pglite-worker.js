// Runs the embedded PostgreSQL in a worker thread: its work never holds the server's event loop.
// Plain JavaScript, because Node starts this file itself. Speaks PostgreSQL's own wire protocol over the message port.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** @type {{ dataDir: string | null, template: string | null }} */
const { dataDir, template } = workerData;

/** What PGlite takes a folder for a cluster by. Copied last: a copy that was cut short is not one, and is made again. */
const MARK = 'PG_VERSION';

/** @param {string} from @param {string} to */
function copyCluster(from, to) {
	const mark = join(from, MARK);
	cpSync(from, to, { recursive: true, filter: (source) => source !== mark });
	copyFileSync(mark, join(to, MARK));
}

async function open() {
	if (dataDir) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const fresh = !dataDir || !existsSync(join(dataDir, MARK));
	const found = fresh && template && existsSync(template) ? template : null;
	const folder = found !== null && statSync(found).isDirectory();
	if (found && folder && dataDir) copyCluster(found, dataDir);
	const loadDataDir = found && !folder ? new Blob([readFileSync(found)]) : undefined;
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
