// Questions that are the same in everything but who asks, as one card. Pure.
import type { ApprovalView } from '#domain/views.ts';

export interface Group {
	/** The one that has waited longest; the card shows it. */
	first: ApprovalView;
	/** The same question of others. */
	others: ApprovalView[];
}

/** Everything an answer depends on. Where and by whom it is asked is shown with the group. */
function sameness(approval: ApprovalView): string {
	const { kind, action, risk, tool, command, summary, paths, options, diff, details, demo } =
		approval;
	return JSON.stringify([
		...[kind, action, risk, tool, command, summary],
		...[paths, options, diff, details, demo],
		// What was answered together stays one card until it goes.
		...[approval.status, approval.resolvedBy?.id]
	]);
}

/**
 * Groups what is the same, in the order of the list; what was answered differently, or by another, stands apart.
 * @param apart ids of the first of groups that are to be answered one by one
 */
export function grouped(list: readonly ApprovalView[], apart: ReadonlySet<string>): Group[] {
	const groups: Group[] = [];
	const open = new Map<string, Group>();
	for (const approval of list) {
		const key = sameness(approval);
		const group = open.get(key);
		if (group && !apart.has(group.first.id)) {
			group.others.push(approval);
			continue;
		}
		const next: Group = { first: approval, others: [] };
		groups.push(next);
		if (!group) open.set(key, next);
	}
	return groups;
}
