// How a process inside a session asks the people of the village and waits: the client of the session host's socket.
import { connect } from 'node:net';
import { AskDown, MAX_ASK_LINE, type AskRequest } from '#protocol/host/ask-line.ts';

/** How long the host may take to take the question. */
const TAKE_MS = 10_000;
/** The host ends an expired question itself; this is for a host that hangs. */
const GRACE_MS = 2000;

/** How a question ended. Only `allowed` allows anything. */
export interface AskOutcome {
	outcome: 'allowed' | 'denied' | 'expired' | 'cancelled' | 'failed';
	/** Which of the offered options was chosen. */
	optionId?: string;
	/** Answer to a question, as the agent's tool wants it. */
	answer?: unknown;
	message?: string;
}

export interface OpenQuestion {
	/** Never rejects: every fault is an outcome that is not `allowed`. */
	readonly outcome: Promise<AskOutcome>;
	/** Nobody waits any more. */
	cancel(): void;
	/** The agent's own dialog was answered first; the outcome is then `cancelled`. */
	answeredElsewhere(effect: 'allowed' | 'denied' | 'indeterminate'): void;
}

/** Asks over a host's socket. The decision is confirmed to the host before the outcome resolves. */
export function askPeople(socketPath: string, request: AskRequest): OpenQuestion {
	const socket = connect(socketPath);
	let held = '';
	let decided: AskOutcome | undefined;
	let ended = false;
	let resolveOutcome!: (outcome: AskOutcome) => void;
	const outcome = new Promise<AskOutcome>((resolve) => (resolveOutcome = resolve));
	let timer = setTimeout(() => fail('the session host does not answer'), TAKE_MS);

	function end(reached: AskOutcome): void {
		if (ended) return;
		ended = true;
		clearTimeout(timer);
		// A decision that was confirmed stands: the host has written it down as done.
		resolveOutcome(decided ?? reached);
		socket.destroy();
	}
	const fail = (message: string): void => end({ outcome: 'failed', message });

	function onLine(text: string): void {
		if (decided || ended) return;
		const line = AskDown.parse(JSON.parse(text));
		if (line.t === 'error') return fail(line.message);
		if (line.approvalId !== request.approvalId) return fail('an answer to another question came');
		if (line.t === 'pending') {
			clearTimeout(timer);
			const wait = Math.min(line.expiresAt - Date.now(), request.timeoutMs) + GRACE_MS;
			timer = setTimeout(() => end({ outcome: 'expired' }), wait);
		} else if (line.t === 'ended') {
			const expired = line.reason === 'expired';
			end({ outcome: expired ? 'expired' : 'cancelled', message: line.reason });
		} else {
			clearTimeout(timer);
			const { decision, optionId, answer, message } = line;
			decided = {
				outcome: decision === 'allow' ? 'allowed' : 'denied',
				...(optionId === undefined ? {} : { optionId }),
				...(answer === undefined ? {} : { answer }),
				...(message ? { message } : {})
			};
			say({ t: 'applied', approvalId: request.approvalId }, decided);
		}
	}

	/** The last word on this connection. */
	function say(line: object, reached: AskOutcome): void {
		socket.end(`${JSON.stringify(line)}\n`, () => end(reached));
	}

	socket.setEncoding('utf8');
	socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
	socket.on('data', (chunk) => {
		held += String(chunk);
		if (held.length > MAX_ASK_LINE) return fail('the answer is too long');
		try {
			for (let at = held.indexOf('\n'); at >= 0; at = held.indexOf('\n')) {
				const line = held.slice(0, at);
				held = held.slice(at + 1);
				onLine(line);
			}
		} catch {
			fail('the answer is malformed');
		}
	});
	socket.on('error', (error) => fail(error.message));
	socket.on('close', () => fail('the session host closed the connection'));

	return {
		outcome,
		cancel: () => end({ outcome: 'cancelled' }),
		answeredElsewhere(effect) {
			if (ended || decided) return;
			const { approvalId } = request;
			say({ t: 'answered', approvalId, effect }, { outcome: 'cancelled', message: 'answered' });
		}
	};
}
