// Hears the events of opencode's server, and after every gap looks at what was missed.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';
import type { DriverContext } from '../driver.ts';
import type { Api } from './api.ts';
import { readEvents, type Event } from './event-stream.ts';
import { checkGoverned, Ungoverned } from './governed.ts';
import { ONLY_THERE, openQuestions } from './questions.ts';
import { diffOf, isFinal, Part, planOf, reportsOf, unaskedOf } from './reports.ts';
import { askedOf, isQuestion, repliedOf, type ToolInput } from './requests.ts';
import { createMeter, failureOf, infoOf, statusOf } from './sessions.ts';

/** How long until the next try when the stream broke. */
const AGAIN_MS = 250;
/** Messages of a conversation that are looked at again. */
const RECENT = 20;
/** Inputs of tool calls, messages and parts that are remembered. */
const MAX_KNOWN = 2000;

export interface Listener {
	/** Aborted, with the reason, when its agents may act without asking. */
	readonly failed: AbortSignal;
	close(): void;
}

const Message = z.object({ info: z.object({ id: z.string(), role: z.string() }) });
const Messages = z.array(z.object({ info: z.unknown(), parts: z.array(z.unknown()) }));
const Pending = z.array(z.looseObject({ id: z.string() }));

/** A map that forgets its oldest. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
	map.delete(key);
	map.set(key, value);
	const [oldest] = map.keys();
	if (map.size > MAX_KNOWN && oldest !== undefined) map.delete(oldest);
}

/** Follows the server until `close`; resolves when it hears. Rejects when it cannot. */
export async function listen(
	{ session, cwd }: DriverContext,
	api: Api,
	gone: AbortSignal
): Promise<Listener> {
	const over = new AbortController();
	const failure = new AbortController();
	const meter = createMeter();
	const inputs = new Map<string, ToolInput>();
	const roles = new Map<string, string>();
	const told = new Map<string, true>();
	/** Tool calls that somebody was asked about, or may have been. */
	const askedAbout = new Map<string, true>();
	/** Somebody said "always": then not asking is right. */
	let remembers = false;
	const failures = new Map<string, { interrupted: boolean; message: string }>();
	let doing: 'running' | 'idle' = 'idle';
	let used: UsageFigures = {};
	let lastDiff = '';

	const questions = openQuestions(api, session, () => showStatus());
	const more = { cwd, inputOf: (callID: string) => inputs.get(callID) ?? {} };

	function showStatus(text?: string): void {
		session.status(questions.open > 0 ? 'waiting' : doing, 'protocol', text ? { text } : {});
	}

	function onAsked({ type, properties }: Event): void {
		const asked = askedOf(type, properties, more);
		if (asked?.callID) remember(askedAbout, asked.callID, true);
		if (asked) return questions.ask(asked);
		session.status('needs_terminal', 'protocol', { text: ONLY_THERE });
	}

	function onPart(properties: Event['properties']): void {
		const parsed = Part.safeParse(properties.part);
		if (!parsed.success) return;
		const part = parsed.data;
		if (part.type === 'tool') remember(inputs, part.callID, part.state.input);
		const byUser = part.type === 'text' && roles.get(part.messageID) === 'user';
		if (told.has(part.id) || !isFinal(part, byUser)) return;
		remember(told, part.id, true);
		for (const report of reportsOf(part, byUser, cwd)) session.work(report);
		if (part.type !== 'tool' || remembers || askedAbout.has(part.callID)) return;
		const unasked = unaskedOf(part);
		if (unasked) session.work(unasked);
	}

	function onStatus(properties: Event['properties']): void {
		const status = statusOf(properties);
		if (!status || meter.isChild(status.id)) return;
		const ended = doing === 'running' && status.status === 'idle';
		doing = status.status;
		showStatus(status.text);
		if (status.status === 'running') return;
		const failed = failures.get(status.id);
		failures.delete(status.id);
		if (failed?.interrupted) return;
		if (failed) session.result(false, failed.message);
		else if (ended) session.result(true);
	}

	function use(figures: UsageFigures): void {
		used = { ...used, ...figures };
		session.usage(used);
	}

	function onDiff(properties: Event['properties']): void {
		const diff = diffOf(properties);
		const text = JSON.stringify(diff);
		if (!diff || text === lastDiff) return;
		lastDiff = text;
		session.work(diff.report);
	}

	function onEvent(event: Event): void {
		const { type, properties } = event;
		if (isQuestion(type)) return onAsked(event);
		if (type.startsWith('permission.') && properties.reply === 'always') remembers = true;
		const replied = repliedOf(type, properties);
		if (replied) return questions.replied(replied.id, replied.effect);
		switch (type) {
			case 'message.updated': {
				const message = Message.safeParse(properties);
				if (message.success) remember(roles, message.data.info.id, message.data.info.role);
				return;
			}
			case 'message.part.updated':
				return onPart(properties);
			case 'session.created':
			case 'session.updated': {
				const info = infoOf(properties.info);
				const totals = info && meter.told(info);
				return totals ? use(totals) : undefined;
			}
			case 'session.status':
				return onStatus(properties);
			case 'session.diff':
				return onDiff(properties);
			case 'todo.updated': {
				const plan = planOf(properties);
				return plan ? session.work(plan) : undefined;
			}
			case 'session.error': {
				const failed = failureOf(properties);
				if (failed?.id) remember(failures, failed.id, failed);
				if (failed && !failed.interrupted)
					session.work({ kind: 'error', severity: 'high', text: failed.message.slice(0, 4000) });
				return;
			}
		}
	}

	/** What is open now, and what was done and used meanwhile. */
	async function catchUp(): Promise<void> {
		for (const id of meter.recent()) {
			const told = Messages.parse(await api.get(`/session/${id}/message?limit=${RECENT}`));
			for (const { info, parts } of told) {
				onEvent({ type: 'message.updated', properties: { info } });
				for (const part of parts) {
					// It may have been asked and answered meanwhile.
					const call = Part.safeParse(part).data;
					if (call?.type === 'tool') remember(askedAbout, call.callID, true);
					onPart({ part });
				}
			}
			onEvent({ type: 'session.updated', properties: { info: await api.get(`/session/${id}`) } });
		}
		for (const [list, type] of [
			['/permission', 'permission.asked'],
			['/question', 'question.asked']
		] as const) {
			const pending = Pending.parse(await api.get(list));
			questions.listed(list, new Set(pending.map(({ id }) => id)));
			for (const properties of pending) onAsked({ type, properties });
		}
		const doings = z.record(z.string(), z.unknown()).parse(await api.get('/session/status'));
		const busy = Object.entries(doings).filter(([id]) => !meter.isChild(id));
		for (const [sessionID, status] of busy) onStatus({ sessionID, status });
		if (busy.length === 0 && doing === 'running') {
			doing = 'idle';
			showStatus();
		}
	}
	/** Runs one after the other: an older list must not end what a newer one has. */
	let catching: Promise<void> = Promise.resolve();
	function missed(): void {
		catching = catching.then(catchUp).catch(() => undefined);
	}

	/** Opens the stream, and reads it in the background until it ends. */
	async function connect(): Promise<{ ended: Promise<void> }> {
		const stream = await api.stream('/event', over.signal);
		return { ended: readEvents(stream, { event: onEvent, lost: missed }) };
	}

	async function follow(first: Promise<void>): Promise<void> {
		await first.catch(() => undefined);
		while (!over.signal.aborted) {
			await sleep(AGAIN_MS, undefined, { ref: false });
			try {
				const next = await connect();
				missed();
				// Its configuration may have been read anew.
				await checkGoverned(api);
				await next.ended;
			} catch (error) {
				if (error instanceof Ungoverned) failure.abort(error);
			}
		}
	}

	function close(): void {
		over.abort();
		questions.withdraw();
	}
	gone.addEventListener('abort', close);
	const first = await connect();
	void follow(first.ended);
	return { failed: failure.signal, close };
}
