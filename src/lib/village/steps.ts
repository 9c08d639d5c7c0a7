// The first steps of a newcomer, noticed from what the page holds anyway. Pure.
import type { ApprovalView, Checklist, HouseRow, RunnerView, SessionView } from '#domain/views.ts';

export type Step = Checklist['steps'][number]['id'];

/**
 * Steps that are done: those the server knows of, those this page saw, and those its rows prove.
 * Nothing of the demo counts as one's own work, but answering its question does.
 */
export function stepsDone(facts: {
	checklist: Checklist;
	seen: ReadonlySet<Step>;
	userId: string;
	houses: readonly HouseRow[];
	runners: readonly RunnerView[];
	sessions: readonly SessionView[];
	approvals: readonly ApprovalView[];
}): Set<Step> {
	const done = new Set<Step>(facts.seen);
	for (const step of facts.checklist.steps) if (step.done) done.add(step.id);
	if (facts.houses.some((house) => !house.demo)) done.add('add_house');
	if (facts.runners.some((runner) => !runner.local)) done.add('second_machine');
	if (facts.sessions.some((s) => !s.demo && s.createdBy === facts.userId)) done.add('start_agent');
	if (
		facts.approvals.some((a) => a.resolvedBy?.kind === 'user' && a.resolvedBy.id === facts.userId)
	)
		done.add('approve');
	return done;
}

/** Whether somebody has looked around: the view went somewhere else, or nearer. */
export function lookedAround(
	first: { x: number; y: number; zoom: number },
	now: { x: number; y: number; zoom: number }
): boolean {
	return now.zoom !== first.zoom || Math.hypot(now.x - first.x, now.y - first.y) > 4;
}
