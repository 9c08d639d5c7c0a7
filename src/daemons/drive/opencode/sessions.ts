// opencode's conversations ("sessions" in its words): which there are, what they do, what they have used.
import { z } from 'zod';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';

const figure = z.number().min(0).catch(0).default(0);

const Info = z.object({
	id: z.string(),
	parentID: z.string().nullish(),
	cost: figure,
	tokens: z
		.object({
			input: figure,
			output: figure,
			reasoning: figure,
			cache: z.object({ read: figure, write: figure }).prefault({})
		})
		.prefault({})
});
type Info = z.infer<typeof Info>;

/** Reads a conversation; null when it is none. */
export function infoOf(value: unknown): Info | null {
	const parsed = Info.safeParse(value);
	return parsed.success ? parsed.data : null;
}

interface Figures {
	tokensIn: number;
	tokensOut: number;
	cachedTokens: number;
	costUsd: number;
}

/** Tokens read from a cache are part of `tokensIn`, thinking is part of `tokensOut`. */
function figuresOf({ cost, tokens }: Info): Figures {
	const { input, output, reasoning, cache } = tokens;
	return {
		tokensIn: input + cache.read + cache.write,
		tokensOut: output + reasoning,
		cachedTokens: cache.read,
		costUsd: cost
	};
}

export interface Meter {
	/** Totals after a conversation was told again; null when nothing is new. */
	told(info: Info): UsageFigures | null;
	/** Whether it belongs to another one: then its end is not the end of a turn. */
	isChild(id: string): boolean;
	/** The conversations that were told last, at most ten. */
	recent(): string[];
}

/** Adds up what was used since now: what an older conversation had used before does not count. */
export function createMeter(): Meter {
	const known = new Map<string, { before: Figures; now: Figures; child: boolean }>();
	let last = '';
	return {
		told(info) {
			const now = figuresOf(info);
			const before = known.get(info.id)?.before ?? now;
			known.delete(info.id);
			known.set(info.id, { before, now, child: Boolean(info.parentID) });
			const sum: Figures = { tokensIn: 0, tokensOut: 0, cachedTokens: 0, costUsd: 0 };
			for (const one of known.values())
				for (const key of Object.keys(sum) as (keyof Figures)[])
					sum[key] += Math.max(0, one.now[key] - one.before[key]);
			sum.costUsd = Math.round(sum.costUsd * 1e9) / 1e9;
			const text = JSON.stringify(sum);
			if (text === last || sum.tokensIn + sum.tokensOut === 0) return null;
			last = text;
			return sum;
		},
		isChild: (id) => known.get(id)?.child ?? false,
		recent: () => [...known.keys()].slice(-10)
	};
}

const Status = z.object({
	sessionID: z.string(),
	status: z.object({ type: z.string(), message: z.string().nullish() })
});

/** What a conversation does, by `session.status`; `text` says why it waits for its model. */
export function statusOf(
	properties: unknown
): { id: string; status: 'running' | 'idle'; text?: string } | null {
	const parsed = Status.safeParse(properties);
	if (!parsed.success) return null;
	const { sessionID: id, status } = parsed.data;
	if (status.type === 'idle') return { id, status: 'idle' };
	if (status.type === 'busy') return { id, status: 'running' };
	if (status.type !== 'retry') return null;
	return { id, status: 'running', text: status.message || 'The model did not answer yet.' };
}

const Failure = z.object({
	sessionID: z.string().nullish(),
	error: z.object({
		name: z.string(),
		data: z.object({ message: z.string().nullish() }).nullish()
	})
});

/** What went wrong, by `session.error`; `interrupted` when a person stopped it. */
export function failureOf(
	properties: unknown
): { id: string | null; interrupted: boolean; message: string } | null {
	const parsed = Failure.safeParse(properties);
	if (!parsed.success) return null;
	const { sessionID, error } = parsed.data;
	return {
		id: sessionID ?? null,
		interrupted: error.name === 'MessageAbortedError',
		message: error.data?.message || error.name
	};
}
