// The accounts' services on a database that no server holds, for commands that run without one.
import { randomBytes } from 'node:crypto';
import { openAuth, type Auth } from '#server/auth/service.ts';
import { createMemoryBus } from '#server/bus/memory.ts';
import { systemClock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import { migrate } from '#server/db/migrate.ts';
import { openDatabase, type Database } from '#server/db/open.ts';
import { createEventLog } from '#server/events/log.ts';
import { createLog } from '#server/log.ts';
import { openOrgs, type Orgs } from '#server/orgs/service.ts';

export interface Offline {
	database: Database;
	auth: Auth;
	orgs: Orgs;
}

/** Opens the database, runs `work`, closes it. Throws `DatabaseInUseError` when a server has it. */
export async function withDatabase<T>(
	config: Config,
	work: (services: Offline) => Promise<T>
): Promise<T> {
	const database = await openDatabase(config);
	try {
		await migrate(database);
		const clock = systemClock;
		const log = createLog('warn');
		const events = createEventLog({ database, bus: createMemoryBus(() => {}), clock });
		const auth = openAuth({ database, clock, log, config });
		const newSeed = () => randomBytes(8).toString('hex');
		const orgs = openOrgs({ database, events, auth, clock, config, newSeed });
		try {
			return await work({ database, auth, orgs });
		} finally {
			auth.close();
		}
	} finally {
		await database.close();
	}
}
