// Answers what the server asks of the workspaces of sessions. Never throws: why not is the answer.
import { clipped } from '#protocol/envelope.ts';
import type { ServerQuestion } from '#protocol/runner/down.ts';
import type { RunnerAnswer } from '#protocol/runner/up.ts';
import type { WorkspaceFault } from '#protocol/runner/workspace-fault.ts';
import { summarize } from './diff.ts';
import { readPatch } from './patch.ts';
import { dealWith, type QuarantineOptions } from './quarantine.ts';
import { BusyError, createSlots } from './slots.ts';
import type { WorkspaceRecord } from './state-dir.ts';
import type { Ref } from './table.ts';
import { FaultError, openWorktree } from './worktree-git.ts';

/** Questions answered side by side, and those that wait. */
const AT_ONCE = 4;
const WAITING = 64;
/** Git processes of all questions together; one question waits for at most three. */
const GIT_AT_ONCE = 2;
const MAX_MESSAGE = 1000;
const ANSWERS = {
	diff_ask: 'diff_told',
	patch_ask: 'patch_told',
	workspace_ask: 'workspace_told'
} as const;

export interface Inspector {
	answer(question: ServerQuestion): Promise<RunnerAnswer>;
}

/** @param find the workspace of an attempt; null while there is none, `gone` when it was removed */
export function createInspector(
	options: {
		find(ref: Ref): WorkspaceRecord | null | 'gone';
	} & Omit<QuarantineOptions, 'slot'>
): Inspector {
	const slot = createSlots(AT_ONCE, WAITING);
	const gitSlot = createSlots(GIT_AT_ONCE, AT_ONCE * 3);

	function found(ref: Ref): WorkspaceRecord {
		const workspace = options.find(ref);
		if (workspace === 'gone') throw new FaultError('gone', 'the workspace was removed');
		if (!workspace) throw new FaultError('no_workspace', 'the workspace is not made yet');
		return workspace;
	}

	async function open(ref: Ref) {
		const workspace = found(ref);
		return { workspace, git: await openWorktree(workspace, { ...options, slot: gitSlot }) };
	}

	async function work(question: ServerQuestion): Promise<RunnerAnswer> {
		const { requestId } = question;
		if (question.t === 'workspace_ask') {
			const workspace = found(question);
			const done = await dealWith({ ...options, slot: gitSlot }, question, workspace);
			return { t: 'workspace_told', requestId, ...done };
		}
		const { workspace, git } = await open(question);
		switch (question.t) {
			case 'diff_ask':
				return { t: 'diff_told', requestId, diff: await summarize(git, workspace.headSha) };
			case 'patch_ask': {
				const patch = await readPatch(git, workspace.headSha, question.path);
				return { t: 'patch_told', requestId, patch };
			}
		}
	}

	return {
		async answer(question) {
			try {
				return await slot(() => work(question));
			} catch (error) {
				const { requestId } = question;
				return { t: ANSWERS[question.t], requestId, fault: faultOf(error) };
			}
		}
	};
}

function faultOf(error: unknown): WorkspaceFault {
	const message = clipped(error instanceof Error ? error.message : String(error), MAX_MESSAGE);
	if (error instanceof FaultError) return { code: error.code, message };
	return { code: error instanceof BusyError ? 'busy' : 'failed', message };
}
