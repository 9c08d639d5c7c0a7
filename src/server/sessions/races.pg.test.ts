import { test } from 'vitest';
import { emptyPostgres } from '#server/db/testing/postgres.ts';
import { RACES } from './testing/races.ts';

test.each(Object.entries(RACES))('%s, on a PostgreSQL server', async (_sentence, race) =>
	race({ DATABASE_URL: await emptyPostgres() })
);
