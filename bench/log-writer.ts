// Appends events as fast as the log takes them and says which were acknowledged, until it is killed.
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase } from '#server/db/open.ts';
import { createEventLog } from '#server/events/log.ts';

const [dir = '', life = ''] = process.argv.slice(2);
const database = await openDatabase({ databaseUrl: null, dataDir: dir, inMemory: false });
await migrate(database);
const log = createEventLog({ database, bus: createMemoryBus(() => {}), clock: systemClock });
for (let n = 0; ; n += 20) {
	const keys = Array.from({ length: 20 }, (_, i) => `${life}-${n + i}`);
	await log.transact((_tx, collect) => {
		for (const [i, key] of keys.entries())
			collect.add('o1', {
				stream: `session:s${i % 7}`,
				type: 'session.work',
				data: { key },
				actor: 'system'
			});
		return Promise.resolve();
	});
	process.send!(keys);
}
