import { timestamp } from 'drizzle-orm/pg-core';

/** A moment: timestamptz in the database, a Date in the code. */
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
