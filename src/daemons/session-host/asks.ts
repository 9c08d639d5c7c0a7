import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AskDown, AskRequest } from '#protocol/host/ask-line.ts';
import { defaultRisk } from '#domain/approval.ts';
import type { ApprovalAction, ApprovalKind } from '#protocol/approval-words.ts';
import type { Ask, AskOutcome } from '#protocol/host/ask.ts';
import type { HostCancel } from '#protocol/host/cancel.ts';
import type { HostDecision } from '#protocol/host/decision.ts';
import type { HostDown } from '#protocol/host/down.ts';
import { MAX_PENDING_ASKS } from '#protocol/host/limits.ts';
import type { SessionKey } from './session-context.ts';

/** Outcomes remembered per session for a runner that was away; the oldest are forgotten. */
const MAX_OUTCOMES = 200;

const KIND_OF_ACTION: Partial<Record<ApprovalAction, ApprovalKind>> = {
	shell: 'command',
	deps_add: 'command',
	network: 'network',
	file_write: 'file',
	secrets: 'file',
	tool: 'tool'
};

interface Pending {
	ask: Ask;
	reply(line: AskDown): void;
	/** Set when a decision was sent to the process and it has not confirmed it yet. */
	decided?: 'allow' | 'deny';
}

interface Book extends SessionKey {
	token: string;
	pending: Map<string, Pending>;
	outcomes: AskOutcome[];
}

/** What the process that asks does after its question was taken. */
export interface OpenAsk {
	/** It has read the decision. */
	applied(): void;
	/** The agent's own dialog was answered first. */
	answered(effect: 'allowed' | 'denied' | 'indeterminate'): void;
	/** Its connection has ended. */
	gone(): void;
}

export interface Asks {
	/** Makes the secret with which processes of a session may ask. */
	admit(key: SessionKey): string;
	/** Whose secret this is, or null. */
	keyOf(token: string, sessionId: string): SessionKey | null;
	/** Takes a question; answers it through `reply`, also when it is refused (then null). */
	open(request: AskRequest, reply: (line: AskDown) => void): OpenAsk | null;
	decide(decision: HostDecision): void;
	cancel(cancel: HostCancel): void;
	/** The session is over: nobody waits any more. */
	endSession(key: SessionKey): void;
	forget(key: SessionKey): void;
	list(key: SessionKey): { asks: Ask[]; askOutcomes: AskOutcome[] };
	/** Ends what has expired. */
	tick(now: number): void;
}

/**
 * The questions of all sessions. Bound: 50 open per session. A process is told `allow` only for a
 * decision that names its question and its generation; every other way out is not an allowance.
 */
export function createAsks(emit: (message: HostDown) => void): Asks {
	const books = new Map<string, Book>();
	const bookOf = (key: SessionKey): Book | undefined =>
		books.get(`${key.sessionId}.${key.attempt}`);

	function settle(
		book: Book,
		pending: Pending,
		outcome: Omit<AskOutcome, 'approvalId' | 'generation'>
	): void {
		const { approvalId, generation } = pending.ask;
		if (book.pending.get(approvalId) === pending) book.pending.delete(approvalId);
		book.outcomes.push({ approvalId, generation, ...outcome });
		if (book.outcomes.length > MAX_OUTCOMES) book.outcomes.shift();
		const ref = { sessionId: book.sessionId, attempt: book.attempt, approvalId, generation };
		const by = outcome.by ? { by: outcome.by } : {};
		if (outcome.effect) emit({ t: 'approval.applied', ...ref, effect: outcome.effect, ...by });
		if (outcome.withdrawn) emit({ t: 'approval.withdrawn', ...ref, reason: outcome.withdrawn });
	}

	/** Ends a question without a decision; one that was already decided keeps that as its outcome. */
	function withdraw(
		book: Book,
		pending: Pending,
		reason: 'process_gone' | 'expired' | 'session_ended',
		line?: AskDown
	): void {
		if (line && !pending.decided) pending.reply(line);
		// The decision went out, but nobody can say whether it was read.
		settle(book, pending, pending.decided ? { effect: 'indeterminate' } : { withdrawn: reason });
	}

	function findBook(request: Pick<AskRequest, 'token' | 'sessionId'>): Book | null {
		const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
		const token = digest(request.token);
		let found: Book | null = null;
		for (const book of books.values()) {
			if (timingSafeEqual(digest(book.token), token)) found = book;
		}
		return found?.sessionId === request.sessionId ? found : null;
	}

	function open(request: AskRequest, reply: (line: AskDown) => void): OpenAsk | null {
		const book = findBook(request);
		const { approvalId } = request;
		if (!book) {
			reply({
				t: 'error',
				code: 'NOT_ALLOWED',
				message: 'this is not a running session of this host'
			});
			return null;
		}
		const former = book.pending.get(approvalId);
		if (!former && book.pending.size >= MAX_PENDING_ASKS) {
			reply({
				t: 'error',
				code: 'TOO_MANY',
				message: `${MAX_PENDING_ASKS} questions are open already`
			});
			return null;
		}
		const generation =
			1 +
			Math.max(
				former?.ask.generation ?? 0,
				...book.outcomes.filter((one) => one.approvalId === approvalId).map((one) => one.generation)
			);
		if (former) {
			book.pending.delete(approvalId);
			former.reply({ t: 'ended', approvalId, reason: 'superseded' });
		}
		const requestedAt = Date.now();
		const ask: Ask = {
			approvalId,
			generation,
			sessionId: book.sessionId,
			attempt: book.attempt,
			kind: request.kind ?? KIND_OF_ACTION[request.action] ?? 'action',
			action: request.action,
			risk: request.risk ?? defaultRisk(request.action),
			summary: request.summary,
			...(request.details ? { details: request.details } : {}),
			...(request.command === undefined ? {} : { command: request.command }),
			...(request.cwd === undefined ? {} : { cwd: request.cwd }),
			...(request.tool === undefined ? {} : { tool: request.tool }),
			...(request.diff === undefined ? {} : { diff: request.diff }),
			...(request.paths ? { paths: request.paths } : {}),
			...(request.options ? { options: request.options } : {}),
			requestedAt,
			expiresAt: requestedAt + request.timeoutMs,
			timeoutMs: request.timeoutMs
		};
		const pending: Pending = { ask, reply };
		book.pending.set(approvalId, pending);
		reply({ t: 'pending', approvalId, expiresAt: ask.expiresAt });
		emit({ t: 'approval.request', ...ask });
		const isOpen = (): boolean => book.pending.get(approvalId) === pending;
		return {
			applied() {
				if (!isOpen() || !pending.decided) return;
				settle(book, pending, { effect: pending.decided === 'allow' ? 'allowed' : 'denied' });
			},
			answered(effect) {
				if (!isOpen()) return;
				// A decision of ours was on its way: what the agent did then cannot be told apart.
				if (pending.decided) settle(book, pending, { effect: 'indeterminate' });
				else settle(book, pending, { effect, by: 'terminal' });
			},
			gone() {
				if (isOpen()) withdraw(book, pending, 'process_gone');
			}
		};
	}

	function decide(decision: HostDecision): void {
		const { approvalId, generation, sessionId, attempt } = decision;
		const book = bookOf(decision);
		const pending = book?.pending.get(approvalId);
		if (!book || pending?.ask.generation !== generation) {
			const known = book?.outcomes.find(
				(one) => one.approvalId === approvalId && one.generation === generation
			);
			const effect = known?.effect ?? 'too_late';
			emit({ t: 'approval.applied', sessionId, attempt, approvalId, generation, effect });
			return;
		}
		// Repeated while the process has not confirmed: it was told once, its confirmation will answer.
		if (pending.decided) return;
		if (Date.now() >= pending.ask.expiresAt) {
			pending.reply({ t: 'ended', approvalId, reason: 'expired' });
			settle(book, pending, { effect: 'too_late' });
			return;
		}
		pending.decided = decision.decision;
		pending.reply({
			t: 'decision',
			approvalId,
			decision: decision.decision,
			...(decision.optionId === undefined ? {} : { optionId: decision.optionId }),
			...(decision.answer === undefined ? {} : { answer: decision.answer }),
			...(decision.message === undefined ? {} : { message: decision.message })
		});
	}

	return {
		admit(key) {
			const token = randomBytes(32).toString('base64url');
			const { sessionId, attempt } = key;
			const book = { sessionId, attempt, token, pending: new Map(), outcomes: [] };
			books.set(`${sessionId}.${attempt}`, book);
			return token;
		},
		keyOf: (token, sessionId) => findBook({ token, sessionId }),
		open,
		decide,
		cancel(cancel) {
			const book = bookOf(cancel);
			const pending = book?.pending.get(cancel.approvalId);
			if (!book || pending?.ask.generation !== cancel.generation || pending.decided) return;
			pending.reply({ t: 'ended', approvalId: cancel.approvalId, reason: cancel.reason });
			// The server knows already: nothing is to be told.
			book.pending.delete(cancel.approvalId);
		},
		endSession(key) {
			const book = bookOf(key);
			if (!book) return;
			// A random secret nobody has: the session's own no longer opens anything.
			book.token = randomBytes(32).toString('base64url');
			for (const pending of [...book.pending.values()]) {
				const { approvalId } = pending.ask;
				const reason = 'session_ended';
				withdraw(book, pending, reason, { t: 'ended', approvalId, reason });
			}
		},
		forget: (key) => void books.delete(`${key.sessionId}.${key.attempt}`),
		list(key) {
			const book = bookOf(key);
			const asks = [...(book?.pending.values() ?? [])].map((pending) => pending.ask);
			return { asks, askOutcomes: [...(book?.outcomes ?? [])] };
		},
		tick(now) {
			for (const book of books.values()) {
				for (const pending of [...book.pending.values()]) {
					if (now < pending.ask.expiresAt) continue;
					const { approvalId } = pending.ask;
					withdraw(book, pending, 'expired', { t: 'ended', approvalId, reason: 'expired' });
				}
			}
		}
	};
}
