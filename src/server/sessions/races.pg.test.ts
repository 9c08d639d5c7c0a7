import { test } from 'vitest';
import { RACES } from './testing/races.ts';

test.each(Object.entries(RACES))('%s, on a PostgreSQL server', (_sentence, race) => race('any'));
