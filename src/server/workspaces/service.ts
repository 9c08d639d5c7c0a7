// What a session has changed, asked of the runner that has its files. Nothing of it is kept here.
import type { DiffSummary } from '#protocol/runner/diff-told.ts';
import type { FilePatch } from '#protocol/runner/patch-told.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Holdings, WorkspaceTold } from '#protocol/runner/workspace-told.ts';
import type { WorkspaceFault } from '#protocol/runner/workspace-fault.ts';
import { audit } from '#server/audit/service.ts';
import { demand, type Actor } from '#server/auth/actor.ts';
import type { Clock } from '#server/clock.ts';
import type { Database } from '#server/db/open.ts';
import { AppError } from '#server/errors.ts';
import { isTerminal } from '#domain/session.ts';
import type { EventLog } from '#server/events/log.ts';
import { viewOf } from '#server/sessions/store.ts';
import { about } from '#server/sessions/transition.ts';
import type { Sessions } from '#server/sessions/service.ts';
import type { Questions } from './questions.ts';
import { createShared } from './under-way.ts';

export type WorkspaceAction =
	{ do: 'export' } | { do: 'branch'; branch: string } | { do: 'remove'; discard: boolean };
export type WorkspaceDone = Pick<WorkspaceTold, 'patch' | 'refs'>;

export interface Workspaces {
	/**
	 * What has changed since the session started. Everybody who asks at the same time gets the same answer.
	 * Throws `SESSION_NOT_FOUND`, `RUNNER_OFFLINE`, `RUNNER_TIMEOUT`, `NO_WORKSPACE`, `WORKSPACE_GONE`, `NO_REPOSITORY`, `CONFLICT`.
	 */
	diff(actor: Actor, sessionId: string): Promise<DiffSummary>;
	/** What the worktree of a session holds that is nowhere else. */
	look(actor: Actor, sessionId: string): Promise<Holdings>;
	/**
	 * Writes everything since the start as a patch on the runner, names its last commit as a branch, or removes the worktree of a
	 * session that has ended. Throws `WORKSPACE_IN_USE`, `BRANCH_EXISTS`, and `WORKSPACE_HOLDS_WORK` when something would be lost:
	 * then `discard` exports it first. On record in the audit and in the activity.
	 */
	act(actor: Actor, sessionId: string, action: WorkspaceAction): Promise<WorkspaceDone>;
	/** The change of one file; also throws `PATH_UNCHANGED`, and `VALIDATION_ERROR` for a path outside. On record in the audit. */
	patch(actor: Actor, sessionId: string, path: string): Promise<FilePatch>;
}

const CODES: Record<WorkspaceFault['code'], ErrorCode> = {
	no_workspace: 'NO_WORKSPACE',
	gone: 'WORKSPACE_GONE',
	no_git: 'NO_REPOSITORY',
	no_base: 'CONFLICT',
	no_path: 'PATH_UNCHANGED',
	bad_path: 'VALIDATION_ERROR',
	holds_work: 'WORKSPACE_HOLDS_WORK',
	running: 'WORKSPACE_IN_USE',
	taken: 'BRANCH_EXISTS',
	busy: 'RATE_LIMITED',
	failed: 'CONFLICT'
};

export function createWorkspaces(deps: {
	database: Database;
	clock: Clock;
	log: EventLog;
	sessions: Sessions;
	questions: Questions;
}): Workspaces {
	const { questions } = deps;
	const shared = createShared();

	/** The runner that has the files of the newest attempt. */
	async function placed(
		actor: Actor,
		sessionId: string,
		right: 'terminal.read' | 'session.control' = 'terminal.read'
	) {
		const session = await deps.sessions.demandSession(actor, sessionId);
		demand(actor, session.orgId, right, 'SESSION_NOT_FOUND');
		if (!session.runnerId || session.attempt === 0 || !session.startedAt)
			throw new AppError('NO_WORKSPACE', 'The session has not started yet.');
		return { session, runnerId: session.runnerId, ref: { sessionId, attempt: session.attempt } };
	}

	return {
		async diff(actor, sessionId) {
			const { runnerId, ref } = await placed(actor, sessionId);
			return shared(`${sessionId} ${ref.attempt}`, async () => {
				const told = await questions.ask(runnerId, { t: 'diff_ask', ...ref });
				if (told.t === 'diff_told' && told.diff) return told.diff;
				throw refusal(told.fault);
			});
		},
		async patch(actor, sessionId, path) {
			const { session, runnerId, ref } = await placed(actor, sessionId);
			const told = await shared(`${sessionId} ${ref.attempt} ${path}`, () =>
				questions.ask(runnerId, { t: 'patch_ask', ...ref, path })
			);
			const patch = told.t === 'patch_told' ? told.patch : undefined;
			await deps.database.db.transaction((tx) =>
				audit(tx, {
					orgId: session.orgId,
					actor,
					action: 'session.patch',
					target: { kind: 'session', id: sessionId },
					detail: {
						path,
						...(patch ? { length: patch.text.length } : { refused: told.fault?.code })
					},
					at: deps.clock.now()
				})
			);
			if (patch) return patch;
			throw refusal(told.fault);
		},
		async look(actor, sessionId) {
			const { runnerId, ref } = await placed(actor, sessionId);
			return shared(`look ${sessionId} ${ref.attempt}`, async () => {
				const told = await questions.ask(runnerId, { t: 'workspace_ask', ...ref, do: 'look' });
				if (told.t === 'workspace_told' && told.holdings) return told.holdings;
				throw refusal(told.fault);
			});
		},
		async act(actor, sessionId, action) {
			const { session, runnerId, ref } = await placed(actor, sessionId, 'session.control');
			if (!isTerminal(session.state))
				throw new AppError('WORKSPACE_IN_USE', 'The session works there. Stop it first.');
			const told = await questions.ask(runnerId, { t: 'workspace_ask', ...ref, ...action });
			if (told.t !== 'workspace_told' || told.fault) throw refusal(told.fault);
			const { patch, refs } = told;
			await deps.log.transact(async (tx, collect) => {
				const detail = {
					...action,
					...(patch ? { patch: patch.path, bytes: patch.bytes } : {}),
					...(refs ? { refs } : {})
				};
				await audit(tx, {
					orgId: session.orgId,
					actor,
					action: `session.workspace_${action.do}`,
					target: { kind: 'session', id: sessionId },
					detail,
					at: deps.clock.now()
				});
				collect.add(session.orgId, {
					...about(session),
					type: 'session.workspace',
					data: { sessionId, ...detail, session: await viewOf(tx, sessionId, deps.clock.now()) },
					actor: actor.id
				});
			});
			return { ...(patch ? { patch } : {}), ...(refs ? { refs } : {}) };
		}
	};
}

function refusal(fault: WorkspaceFault | undefined): AppError {
	if (!fault) return new AppError('CONFLICT', 'The runner gave an answer to something else.');
	const message = `${fault.message.charAt(0).toUpperCase()}${fault.message.slice(1)}.`;
	return new AppError(
		CODES[fault.code],
		message,
		fault.code === 'bad_path' ? { issues: [{ path: 'path', message }] } : {}
	);
}
