// Does what a person asked for, and tells them when it did not work.
import { toast } from 'svelte-sonner';
import { explain, type Explanation } from '#lib/text/errors.ts';

export type Attempt<T> = { ok: true; value: T } | { ok: false; why: Explanation };

export interface AttemptWords {
	/** Said when it worked; nothing when the page shows it anyway. */
	done?: string;
	/** Errors are shown by the form itself. */
	quiet?: boolean;
	undo?: { label: string; run: () => void };
}

/** Runs a call. Never throws: refusals and faults are told in a toast unless `quiet`. */
export async function attempt<T>(
	work: () => Promise<T>,
	words: AttemptWords = {}
): Promise<Attempt<T>> {
	try {
		const value = await work();
		if (words.done)
			toast.success(
				words.done,
				words.undo ? { action: { label: words.undo.label, onClick: words.undo.run } } : {}
			);
		return { ok: true, value };
	} catch (error) {
		const why = explain(error);
		if (!words.quiet) toast.error(why.title, { description: describe(why) });
		return { ok: false, why };
	}
}

/** Hint and request id in one line. */
export function describe(why: Explanation): string {
	return [why.hint, why.requestId ? `Request ${why.requestId}` : ''].filter(Boolean).join(' ');
}
