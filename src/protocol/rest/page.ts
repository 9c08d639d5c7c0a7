// Pages of a list: which one is asked for, and how it is answered.
import { z } from 'zod';

/** A whole number in a query string. */
const count = (most: number, usual: number) =>
	z
		.string()
		.regex(/^\d{1,7}$/, 'A whole number.')
		.transform(Number)
		.pipe(z.number().int().min(1).max(most))
		.default(usual)
		.meta({ type: 'integer', minimum: 1, maximum: most, default: usual });

export const PageQuery = { page: count(1_000_000, 1), pageSize: count(100, 20) };

/** A page of items of that shape. */
export function page<T extends z.ZodType>(item: T) {
	return z.object({
		items: z.array(item),
		total: z.number().int().min(0),
		page: z.number().int().min(1),
		pageSize: z.number().int().min(1).max(100),
		hasMore: z.boolean()
	});
}
