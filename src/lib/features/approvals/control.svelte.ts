// Answering questions: one object per page, so that a double press or two places on one page never send two answers.
import { SvelteSet } from 'svelte/reactivity';
import { toast } from 'svelte-sonner';
import { answerProblem, type Decision } from '#domain/approval.ts';
import type { RuleMatch } from '#domain/approval-rules.ts';
import type { ApprovalView } from '#domain/views.ts';
import { attempt, describe } from '#lib/state/attempt.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import { APPROVAL_WORDS, outcomeWords } from '#lib/text/words.ts';

export interface AnswerWords {
	reason?: string;
	optionId?: string;
	/** Makes a rule of the answer. */
	always?: { scope: 'session' | 'agent' | 'house'; match: RuleMatch };
}

export class ApprovalControl {
	#workspace: Workspace;
	#busy = new SvelteSet<string>();
	/** The approval whose reason for a denial is being typed. */
	denying = $state<string | null>(null);
	/** The approval whose rule is being chosen. */
	always = $state.raw<ApprovalView | null>(null);

	constructor(workspace: Workspace) {
		this.#workspace = workspace;
	}

	busy(approval: ApprovalView): boolean {
		return this.#busy.has(approval.id);
	}

	/** Why it cannot be answered here, or null. */
	reason(approval: ApprovalView): string | null {
		if (approval.status !== 'pending') return 'It is answered already.';
		return this.#workspace.missing('approval.resolve');
	}

	/** Why no rule can be made of it here, or null. */
	alwaysReason(approval: ApprovalView): string | null {
		if (approval.kind === 'question') return 'A question needs a choice each time.';
		return this.reason(approval);
	}

	/**
	 * Sends an answer for exactly the question that was shown. The card changes only when the server said so.
	 * `optionId` is one of those the agent offers.
	 * @returns whether this answer is the one that counts
	 */
	async answer(
		approval: ApprovalView,
		decision: Decision,
		{ reason = '', optionId, always }: AnswerWords = {}
	): Promise<boolean> {
		if (this.#busy.has(approval.id) || this.reason(approval)) return false;
		const problem = answerProblem(approval, decision, optionId);
		if (problem) {
			toast(problem);
			return false;
		}
		this.#busy.add(approval.id);
		const { api } = this.#workspace;
		const { sessionId, id: approvalId, generation } = approval;
		const result = await attempt(
			() =>
				api.approvals.resolve.mutate({
					sessionId,
					approvalId,
					generation,
					decision,
					...(reason ? { reason } : {}),
					...(optionId ? { optionId } : {}),
					...(always ? { always } : {})
				}),
			{ quiet: true }
		);
		if (result.ok) {
			this.#workspace.approvals.put(result.value);
			if (this.denying === approvalId) this.denying = null;
		} else await this.#tellWhy(approval, result.why);
		this.#busy.delete(approvalId);
		return result.ok;
	}

	/** The same answer to each; what was answered meanwhile is told as for a single one. */
	async answerAll(
		approvals: readonly ApprovalView[],
		decision: Decision,
		words: AnswerWords = {}
	): Promise<boolean> {
		const done = await Promise.all(approvals.map((one) => this.answer(one, decision, words)));
		return done.every(Boolean);
	}

	/** Somebody was faster, or the question changed: show what is true now, and who it was. */
	async #tellWhy(
		approval: ApprovalView,
		why: Extract<Awaited<ReturnType<typeof attempt>>, { ok: false }>['why']
	): Promise<void> {
		const changed =
			why.code === 'APPROVAL_ALREADY_RESOLVED' ||
			why.code === 'APPROVAL_EXPIRED' ||
			why.code === 'APPROVAL_STALE';
		if (!changed) {
			toast.error(why.title, { description: describe(why) });
			return;
		}
		const now = await attempt(
			() => this.#workspace.api.approvals.get.query({ approvalId: approval.id }),
			{ quiet: true }
		);
		if (now.ok) this.#workspace.approvals.put(now.value);
		toast(
			now.ok && now.value.status !== 'pending'
				? `${APPROVAL_WORDS[now.value.status]} before you, ${outcomeWords(now.value.status, now.value.resolvedBy)}`
				: why.title,
			{ description: why.hint }
		);
	}
}
