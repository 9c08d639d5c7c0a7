// Questions to runners that are answered on the connection they were asked on, or not at all.
import type { ServerQuestion } from '#protocol/runner/down.ts';
import type { RunnerAnswer } from '#protocol/runner/up.ts';
import type { Clock } from '#server/clock.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/new-id.ts';
import type { RunnerLinks } from '#server/runners/links.ts';

type Asked = Omit<Extract<ServerQuestion, { t: 'diff_ask' }>, 'requestId'>;
type PatchAsked = Omit<Extract<ServerQuestion, { t: 'patch_ask' }>, 'requestId'>;
type WorkspaceAsked = Omit<Extract<ServerQuestion, { t: 'workspace_ask' }>, 'requestId'>;
/** A question before it has an id. */
export type NewQuestion = Asked | PatchAsked | WorkspaceAsked;

export interface Questions {
	/** Resolves with the runner's answer. @throws AppError `RUNNER_OFFLINE`, `RUNNER_TIMEOUT`, `RATE_LIMITED` */
	ask(runnerId: string, question: NewQuestion): Promise<RunnerAnswer>;
	/** A runner has answered; what nobody waits for, or waits for from another runner, is dropped. */
	told(runnerId: string, answer: RunnerAnswer): void;
	/** Its connection is gone, and with it every answer. */
	gone(runnerId: string): void;
}

/** How long a runner may take: longer than git there. */
const ANSWER_MS = 20_000;
/** Questions one runner is asked at a time; it answers a few and keeps the others waiting. */
const MOST_OPEN = 64;

interface Waiting {
	runnerId: string;
	answer(answer: RunnerAnswer): void;
	fail(error: AppError): void;
}

const offline = () =>
	new AppError(
		'RUNNER_OFFLINE',
		'The runner of this session is not connected, and only it has the files.'
	);

export function createQuestions(deps: {
	clock: Clock;
	links: RunnerLinks;
	/** 20 s, shorter in tests. */
	answerMs?: number;
}): Questions {
	const { clock, links } = deps;
	/** At most `MOST_OPEN` per runner; each ends by answer, timeout, or with its connection. */
	const waiting = new Map<string, Waiting>();

	return {
		ask(runnerId, question) {
			return new Promise((resolve, reject) => {
				const link = links.get(runnerId);
				if (!link) return reject(offline());
				const open = [...waiting.values()].filter((one) => one.runnerId === runnerId);
				if (open.length >= MOST_OPEN)
					return reject(new AppError('RATE_LIMITED', 'Too many ask this runner at once.'));
				const requestId = newId(clock.now());
				const end = () => {
					clearTimeout(timer);
					waiting.delete(requestId);
				};
				const timer = setTimeout(() => {
					end();
					reject(new AppError('RUNNER_TIMEOUT', 'The runner did not answer in time.'));
				}, deps.answerMs ?? ANSWER_MS);
				timer.unref();
				waiting.set(requestId, {
					runnerId,
					answer(answer) {
						end();
						resolve(answer);
					},
					fail(error) {
						end();
						reject(error);
					}
				});
				link.ask({ ...question, requestId });
			});
		},
		told(runnerId, answer) {
			const asked = waiting.get(answer.requestId);
			if (asked?.runnerId === runnerId) asked.answer(answer);
		},
		gone(runnerId) {
			for (const asked of [...waiting.values()])
				if (asked.runnerId === runnerId) asked.fail(offline());
		}
	};
}
