// The questions a page knows; one that is answered never becomes open again.
import type { ApprovalView } from '#domain/views.ts';
import { Rows } from './rows.svelte.ts';

/** Answered ones kept for "who answered"; history pages load the rest. */
const ANSWERED_KEPT = 200;

const oldestFirst = (a: ApprovalView, b: ApprovalView) =>
	a.requestedAt < b.requestedAt ? -1 : a.requestedAt > b.requestedAt ? 1 : a.id < b.id ? -1 : 1;

export class Approvals extends Rows<ApprovalView> {
	/** What waits, the longest waiting first. */
	readonly pending: ApprovalView[] = $derived.by(() =>
		this.all.filter((approval) => approval.status === 'pending')
	);

	constructor() {
		super(
			oldestFirst,
			(next, known) =>
				next.generation > known.generation ||
				(next.generation === known.generation &&
					(known.status === 'pending' || next.status !== 'pending'))
		);
	}

	override put(row: ApprovalView): boolean {
		const changed = super.put(row);
		if (changed && row.status !== 'pending') {
			const answered = this.all.filter((a) => a.status !== 'pending');
			for (const old of answered.slice(0, Math.max(0, answered.length - ANSWERED_KEPT)))
				this.remove(old.id);
		}
		return changed;
	}

	ofSession(sessionId: string): ApprovalView[] {
		return this.all.filter((approval) => approval.sessionId === sessionId);
	}
}
