// Agents of the Agent Client Protocol: the agent on pipes, the conversation in the terminal (docs/architecture.md, Agents).
import { setImmediate as drained } from 'node:timers/promises';
import type { Driver, DriverContext, DriverEnd } from '../driver.ts';
import { INITIALIZE, needsSignIn, startAgent, wordsOf } from './agent.ts';
import { createConversation } from './conversation.ts';
import { openScreen } from './screen.ts';
import { TurnEnd } from './words.ts';

/** How an agent of this protocol is started and named. */
export interface AcpAgent {
	/** As people know it. */
	name: string;
	/** What makes it ask about everything it does not only read, and speak the protocol; absent: the program does by itself. */
	argv?(model: string | undefined): string[];
	/** The mode in which it asks; absent: the one it starts in. */
	mode?: string;
	/** What its person does to sign in; absent: what the agent says. */
	signIn?: string;
}

const GEMINI: AcpAgent = {
	name: 'Gemini CLI',
	argv: (model) => [
		...['--acp', '--approval-mode', 'default'],
		...(model === undefined ? [] : ['--model', model])
	],
	mode: 'default',
	signIn: 'run `gemini` once in a terminal of this machine, or give GEMINI_API_KEY to the runner'
};

/** A driver of any agent of the protocol. */
export const driveAcp =
	(agent: AcpAgent): Driver =>
	(context) =>
		drive(context, agent);

export const driveGemini = driveAcp(GEMINI);

/** Runs an agent until it ends or its person has enough. */
async function drive(
	{ spec, session, cwd, env }: DriverContext,
	known: AcpAgent
): Promise<DriverEnd> {
	/** Prompts that were not begun. */
	const waiting: string[] = spec.task === undefined ? [] : [spec.task];
	let sessionId: string | undefined;
	let state: 'starting' | 'idle' | 'busy' | 'signed-out' | 'ending' = 'starting';
	let lastWords = false;
	let bySignal: NodeJS.Signals | null = null;
	let byPerson = false;
	/** ^C was pressed once while nothing was done. */
	let enough = false;

	const screen = openScreen({
		onLine(text) {
			if (state === 'signed-out') return void begin();
			enough = false;
			if (text) waiting.push(text);
			if (state === 'idle') return void next();
			if (text) screen.note(`queued: ${known.name} gets it when it is done`);
		},
		onInterrupt() {
			if (state !== 'busy') {
				// A ^C for a turn that has just ended must not end the session.
				if (enough || state !== 'idle') return leave();
				enough = true;
				screen.note('nothing to cancel; ^C once more ends the session');
				return screen.invite();
			}
			const dropped = waiting.splice(0).length;
			screen.note(`cancelling${dropped > 0 ? `, and ${dropped} queued with it` : ''}`);
			conversation.cancelOpen();
			if (sessionId !== undefined)
				void agent.context.notify('session/cancel', { sessionId }).catch(() => undefined);
		},
		onEnd() {
			lastWords = true;
			if (state !== 'busy' && state !== 'starting') leave();
		}
	});
	const conversation = createConversation({
		session,
		screen,
		cwd,
		agent: known.name,
		sessionId: () => sessionId,
		tell: (text) => waiting.push(text)
	});
	screen.note(
		`${known.name} · type and press Enter to talk to it · ^C cancels what it does; twice when it does nothing: the end`
	);
	const argv = [...spec.program, ...(known.argv?.(spec.model) ?? [])];
	const agent = startAgent(argv, { cwd, env }, conversation);

	function leave(): void {
		if (state === 'ending') return;
		state = 'ending';
		byPerson = true;
		agent.stop();
	}
	const onSignal = (signal: NodeJS.Signals): void => {
		bySignal = signal;
		agent.stop(signal);
	};
	const signals = ['SIGTERM', 'SIGHUP'] as const;
	for (const name of signals) process.on(name, onSignal);

	/** Opens the conversation, again after its person has signed in. */
	async function begin(): Promise<void> {
		state = 'starting';
		try {
			const made = await agent.context.request('session/new', { cwd, mcpServers: [] });
			const { modes } = made;
			// A mode of its configuration that allows things by itself is not what the village says about its questions.
			if (modes && known.mode !== undefined && modes.currentModeId !== known.mode)
				await agent.context.request('session/set_mode', {
					sessionId: made.sessionId,
					modeId: known.mode
				});
			else if (modes && known.mode === undefined)
				screen.note(`mode: ${modes.currentModeId}; what it allows by itself is not asked about`);
			sessionId = made.sessionId;
			// With a prompt that waits it is never idle, not even for a moment that somebody could act on.
			const status = waiting.length > 0 ? 'running' : 'idle';
			session.status(status, 'protocol', { conversationId: sessionId });
			await next();
		} catch (error) {
			if (needsSignIn(error)) {
				state = 'signed-out';
				const how = known.signIn ?? 'sign in to it in a terminal of this machine';
				const text = `${known.name} is not signed in: ${how}. Then press Enter here.`;
				screen.warn(text);
				screen.note(wordsOf(error));
				session.status('needs_terminal', 'protocol', { text });
				return screen.invite();
			}
			failed(error);
		}
	}

	function failed(error: unknown): void {
		if (state === 'ending') return;
		state = 'ending';
		const text = `${known.name} could not be started: ${wordsOf(error)}`;
		screen.warn(text);
		session.result(false, text);
		agent.stop();
	}

	/** Turns, one after the other, until nothing waits. */
	async function next(): Promise<void> {
		for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
			state = 'busy';
			enough = false;
			await turn(text);
			if (ending()) return;
		}
		state = 'idle';
		session.status('idle', 'protocol');
		if (lastWords) return leave();
		screen.invite();
	}
	const ending = (): boolean => state === 'ending';

	async function turn(text: string): Promise<void> {
		conversation.begins(text);
		try {
			const prompt = [{ type: 'text' as const, text }];
			const answer = await agent.context.request('session/prompt', {
				sessionId: sessionId!,
				prompt
			});
			// What was told before the answer is heard before it.
			await drained();
			conversation.ends(TurnEnd.parse(answer));
		} catch (error) {
			await drained();
			conversation.fails(wordsOf(error));
		}
	}

	void (async () => {
		try {
			const hello = await agent.context.request<{ protocolVersion: unknown }>(
				'initialize',
				INITIALIZE
			);
			if (hello.protocolVersion !== INITIALIZE.protocolVersion)
				throw new Error(`it speaks version ${String(hello.protocolVersion)} of the protocol`);
		} catch (error) {
			return failed(error);
		}
		await begin();
	})();

	try {
		const end = await agent.ended;
		if (bySignal) return { code: null, signal: bySignal };
		if (byPerson) return { code: 0, signal: null };
		screen.warn(`${known.name} has ended${end.code === null ? '' : ` with ${end.code}`}`);
		if (agent.complaint() && end.code !== 0) screen.note(agent.complaint());
		// What we ended because it failed has failed, however it took that.
		return ending() && !end.code ? { code: 1, signal: null } : end;
	} finally {
		state = 'ending';
		conversation.cancelOpen();
		for (const name of signals) process.removeListener(name, onSignal);
		screen.close();
	}
}
