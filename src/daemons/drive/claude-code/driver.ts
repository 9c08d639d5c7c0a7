// Claude Code: its own interface in the terminal; its questions, its work and its cost over hooks and telemetry of this session.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApprovalId } from '../../session-door/ids.ts';
import type { Driver } from '../driver.ts';
import { startInTerminal } from '../terminal-child.ts';
import { HookInput, type PermissionInput } from './hook-input.ts';
import { createQuestions } from './questions.ts';
import { reportsOf } from './reports.ts';
import { openHookServer } from './server.ts';
import { hookSettings, programEnv } from './settings.ts';
import { hookOutput, subjectOf } from './subject.ts';
import { createCostMeter, dialogDecision, eventsOf } from './telemetry.ts';

/** Time without a word of the program after its start, before somebody is told to look at its terminal. */
const SILENT_MS = 8_000;
/** How often it is looked whether the program has said that it started. */
const LOOK_MS = 200;
/** How long a question outlives the hook that asked it; telemetry comes once a second. */
const HANG_UP_MS = 3_000;

export const driveClaudeCode: Driver = async ({
	spec,
	session,
	cwd,
	env,
	conversationId,
	folder
}) => {
	const questions = createQuestions();
	const meter = createCostMeter();
	/** A first dialog (trust, sign-in, welcome) tells no hook that it is there. */
	const silent = setTimeout(() => {
		const text = 'It waits in its terminal, perhaps for trust in this folder or for a sign-in.';
		session.status('needs_terminal', 'guess', { text });
	}, SILENT_MS);

	function heard(): void {
		clearTimeout(silent);
		clearInterval(look);
	}

	async function permission(request: PermissionInput, gone: AbortSignal): Promise<object | null> {
		const question = session.ask(newApprovalId(Date.now()), subjectOf(request));
		questions.add(request, question);
		// The program hung up: it may still say how its own dialog was answered.
		const hungUp = (): void => void setTimeout(() => question.cancel(), HANG_UP_MS).unref();
		gone.addEventListener('abort', hungUp, { once: true });
		session.status('waiting', 'hook');
		const outcome = await question.outcome;
		if (questions.open === 0) session.status('running', 'hook', { conversationId });
		return hookOutput(request, outcome);
	}

	function onEvent(event: HookInput, gone: AbortSignal): Promise<object | null> | null {
		heard();
		for (const report of reportsOf(event, cwd)) session.work(report);
		switch (event.hook_event_name) {
			case 'UserPromptSubmit':
				questions.turnOver();
				session.status('running', 'hook', { conversationId });
				return null;
			case 'PreToolUse':
				questions.announced(event);
				session.status('running', 'hook', { conversationId });
				return null;
			case 'PermissionRequest':
				return permission(event, gone);
			case 'PostToolUse':
			case 'PostToolUseFailure':
				questions.used(event);
				return null;
			case 'Stop':
				questions.turnOver();
				session.result(true);
				session.status('idle', 'hook');
				return null;
			case 'StopFailure':
				questions.turnOver();
				session.result(false, 'The model did not answer.');
				session.status('idle', 'hook');
				return null;
			case 'Notification':
				if (event.notification_type === 'idle_prompt') session.status('idle', 'hook');
				return null;
			default:
				return null;
		}
	}

	const server = await openHookServer({
		hook(body, gone) {
			const event = HookInput.safeParse(body);
			return event.success ? onEvent(event.data, gone) : null;
		},
		logs(body) {
			const events = eventsOf(body);
			const totals = meter(events);
			if (totals) session.usage(totals);
			for (const event of events) {
				const decision = dialogDecision(event);
				if (decision) questions.decided(decision.tool, decision.toolUseId, decision.effect);
			}
		}
	});
	const started = join(folder, 'started.json');
	const settings = join(folder, 'settings.json');
	writeFileSync(settings, JSON.stringify(hookSettings(server.url, started)), { mode: 0o600 });
	const argv = [
		...spec.program,
		...['--settings', settings, '--permission-mode', 'manual', '--session-id', conversationId],
		...(spec.model ? ['--model', spec.model] : []),
		// Behind the options, so that a task that begins with a dash is a task.
		...(spec.task ? ['--', spec.task] : [])
	];
	const look = setInterval(() => {
		if (!existsSync(started)) return;
		heard();
		session.status('idle', 'hook', { conversationId });
	}, LOOK_MS);
	const child = startInTerminal(argv, {
		cwd,
		env: { ...env, ...programEnv(server.url, server.secret) }
	});
	try {
		return await child.ended;
	} finally {
		heard();
		questions.turnOver();
		server.close();
	}
};
