import { test } from 'vitest';
import { RACES } from './testing/races.ts';

test.each(Object.entries(RACES))('%s', (_sentence, race) => race('embedded'));
