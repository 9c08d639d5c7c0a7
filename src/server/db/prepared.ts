// Statements that come again are prepared: parsed and planned once, and one trip to the database instead of two.
import type postgres from 'postgres';

/** Statements prepared per connection; the database keeps the plan of each, some tens of kilobytes. */
const MOST = 400;
/** Texts with more parameters are made for one list each and rarely come again. */
const MOST_PARAMETERS = 32;
/** Times a text is seen before it is prepared. */
const OFTEN = 3;
/** Texts counted at a time; beyond, counting begins again. */
const COUNTED = 2_000;

type Unsafe = postgres.Sql['unsafe'];

/** Decides for each statement whether it is worth a place among the prepared ones. */
export function createChooser(): (text: string, parameters: number) => boolean {
	const chosen = new Set<string>();
	const seen = new Map<string, number>();
	return (text, parameters) => {
		if (chosen.has(text)) return true;
		if (parameters === 0 || parameters > MOST_PARAMETERS || chosen.size >= MOST) return false;
		const times = (seen.get(text) ?? 0) + 1;
		if (times < OFTEN) {
			if (seen.size >= COUNTED) seen.clear();
			seen.set(text, times);
			return false;
		}
		seen.delete(text);
		chosen.add(text);
		return true;
	};
}

/**
 * The driver as Drizzle uses it (`unsafe`, `begin`, `savepoint`), which asks for no preparation itself: a statement with
 * parameters is then parsed, described and planned anew each time.
 */
export function preparing(sql: postgres.Sql): postgres.Sql {
	const worthIt = createChooser();

	function wrap<T extends { unsafe: Unsafe }>(client: T): T {
		const unsafe: Unsafe = (text, parameters, options) =>
			client.unsafe(text, parameters, {
				...options,
				prepare: options?.prepare || worthIt(text, parameters?.length ?? 0)
			});
		const scope = (value: unknown) =>
			typeof value === 'function'
				? (inner: { unsafe: Unsafe }) => (value as (inner: unknown) => unknown)(wrap(inner))
				: value;
		return new Proxy(client, {
			get(target, name) {
				if (name === 'unsafe') return unsafe;
				const value = Reflect.get(target, name) as unknown;
				if (name !== 'begin' && name !== 'savepoint') return value;
				return (...args: unknown[]) =>
					(value as (...args: unknown[]) => unknown)(...args.map(scope));
			}
		});
	}
	return wrap(sql);
}
