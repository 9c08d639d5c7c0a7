// From a spec to what the session host is told: checks, workspace, command, environment.
import { readdirSync, writeFileSync } from 'node:fs';
import type { HostStart } from '#protocol/host/start.ts';
import type { HouseFacts } from '#protocol/runner/house-facts.ts';
import type { ProviderReport } from '#protocol/runner/provider-report.ts';
import type { SessionStart, StartSpec } from '#protocol/runner/session-start.ts';
import { envProblem, sessionEnvironment } from './environment.ts';
import { readFacts } from './facts.ts';
import { findProvider } from './providers/registry.ts';
import type { No } from './starts.ts';
import type { StateDir, WorkspaceRecord } from './state-dir.ts';
import { prepareWorkspace, removeWorkspace, WorkspaceError } from './workspace.ts';

/** What every session of this runner is started from. */
export interface Launchpad {
	state: StateDir;
	/** The runner's own environment; only a list of names is taken from it. */
	from: NodeJS.ProcessEnv;
	/** How `village` is started. */
	program: readonly string[];
	allowLocal: readonly string[];
	lock<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** Why a session is not taken, before anything was done for it; null when it is. */
export function refusal(
	spec: StartSpec,
	runner: { reports: readonly ProviderReport[]; accepting: boolean; free: number }
): No | null {
	const no = (code: No['code'], message: string, retryable: boolean): No => ({
		code,
		message,
		retryable
	});
	if (!runner.accepting) return no('no_capacity', 'the runner takes no new sessions', true);
	if (runner.free < 1) return no('no_capacity', 'every slot is taken', true);
	const report = runner.reports.find((one) => one.id === spec.providerId);
	if (!report || !findProvider(spec.providerId))
		return no('no_provider', `${spec.providerId} is not offered here`, true);
	if (spec.mode !== 'pty')
		return no('bad_spec', `${spec.providerId} runs in a terminal here`, false);
	const pinned = spec.versions[spec.providerId];
	if (pinned !== undefined && pinned !== report.version)
		return no(
			'no_build',
			`version ${pinned} is wanted, ${report.version ?? 'unknown'} is here`,
			true
		);
	if (report.auth === 'missing')
		return no('auth_missing', `${spec.providerId} is not signed in here`, true);
	const env = envProblem(spec.env);
	return env ? no('bad_spec', env, false) : null;
}

export type LaunchResult =
	{ ok: true; workspace: WorkspaceRecord; start: HostStart } | { ok: false; no: No };

/** Prepares one attempt. Never throws; nothing is left behind when it fails. */
export async function launch(
	pad: Launchpad,
	frame: SessionStart,
	on: {
		signal: AbortSignal;
		/** Version of the provider's CLI, null when it did not tell. */
		version: string | null;
		onPhase(phase: 'preparing' | 'starting', detail?: string): void;
		onFacts(facts: Pick<HouseFacts, 'language' | 'files'>): void;
	}
): Promise<LaunchResult> {
	const { sessionId, attempt, streamId, spec } = frame;
	on.onPhase('preparing');
	let workspace: WorkspaceRecord;
	try {
		workspace = await prepareWorkspace({
			state: pad.state,
			sessionId,
			attempt,
			spec,
			allowLocal: pad.allowLocal,
			from: pad.from,
			lock: pad.lock,
			signal: on.signal,
			onDetail: (detail) => on.onPhase('preparing', detail)
		});
	} catch (error) {
		const known = error instanceof WorkspaceError;
		const message = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
		return {
			ok: false,
			no: { code: known ? error.code : 'internal', message, retryable: !known || error.retryable }
		};
	}
	const provider = findProvider(spec.providerId)!;
	const command = provider.command(spec, {
		env: pad.from,
		program: pad.program,
		version: on.version,
		writeFile(extension, content) {
			const file = pad.state.sessionFile(sessionId, attempt, extension);
			writeFileSync(file, content, { mode: 0o600 });
			return file;
		}
	});
	if (!command.ok) {
		await removeWorkspace(pad.state, frame, workspace, pad.from).catch(() => undefined);
		return { ok: false, no: { code: command.code, message: command.message, retryable: false } };
	}
	on.onPhase('starting');
	if (workspace.kind !== 'scratch')
		// Nobody waits for a picture of the house.
		void readFacts(workspace.cwd, hasGit(workspace), pad.from).then(on.onFacts, () => undefined);
	return {
		ok: true,
		workspace,
		start: {
			t: 'start',
			sessionId,
			attempt,
			streamId,
			mode: 'pty',
			argv: command.argv,
			cwd: workspace.cwd,
			env: sessionEnvironment({
				from: pad.from,
				binDir: pad.state.binDir,
				sessionId,
				credentials: provider.credentials,
				env: spec.env
			}),
			cols: spec.cols,
			rows: spec.rows,
			timeoutMs: spec.timeoutMs,
			...(frame.leaseMs === undefined ? {} : { leaseMs: frame.leaseMs })
		}
	};
}

function hasGit(workspace: WorkspaceRecord): boolean {
	return workspace.gitDir !== undefined || readdirSync(workspace.cwd).includes('.git');
}
