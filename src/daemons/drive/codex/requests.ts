// From the app-server's questions to ours, and from our answers to its words.
import { z } from 'zod';
import { classify } from '#domain/approval-class.ts';
import type { AskOutcome } from '../../session-door/ask.ts';
import { cutCommand, cutPaths } from '../cut.ts';
import { cutDiff, lineDiff } from '../line-diff.ts';
import type { Subject } from '../session.ts';
import { scriptOf } from './script.ts';

export const FileChange = z.object({
	path: z.string(),
	kind: z.object({ type: z.string() }).optional(),
	diff: z.string().default('')
});
export type FileChange = z.infer<typeof FileChange>;

const CommandParams = z.object({
	itemId: z.string().optional(),
	approvalId: z.string().nullish(),
	command: z.string().nullish(),
	cwd: z.string().nullish(),
	reason: z.string().nullish(),
	availableDecisions: z.array(z.unknown()).catch([]).default([])
});
const FileParams = z.object({
	itemId: z.string().optional(),
	reason: z.string().nullish(),
	grantRoot: z.string().nullish()
});
const InputParams = z.object({
	itemId: z.string().optional(),
	questions: z
		.array(
			z.object({
				id: z.string(),
				question: z.string().default(''),
				isSecret: z.boolean().default(false),
				options: z.array(z.object({ label: z.string() })).nullish()
			})
		)
		.min(1)
});

/** A question of the app-server in our words, and what each outcome is in its own. */
export interface CodexQuestion {
	itemId: string | null;
	subject: Subject;
	/** Null leaves it to the program's own dialog. */
	answer(outcome: AskOutcome): object | null;
}

interface Remembered {
	label: string;
	decision: unknown;
}

/** Decisions that remember something, in words; only what the server offers is ever sent. */
function rememberable(decisions: readonly unknown[]): Remembered[] {
	return decisions.flatMap((decision): Remembered[] => {
		if (decision === 'acceptForSession') return [{ label: 'Allow for this session', decision }];
		if (typeof decision !== 'object' || decision === null) return [];
		const [name] = Object.keys(decision);
		if (name === 'acceptWithExecpolicyAmendment')
			return [{ label: 'Allow, and do not ask about this command again', decision }];
		if (name === 'applyNetworkPolicyAmendment')
			return [{ label: 'Allow, and remember this address', decision }];
		return [];
	});
}

const byPeople = (outcome: AskOutcome): boolean =>
	outcome.outcome === 'allowed' || outcome.outcome === 'denied';

/**
 * Reads a question; null when it is of a kind nobody here knows: then only the terminal can answer it.
 * @param home folder of the session, where the question names none
 */
export function questionOf(
	method: string,
	params: Record<string, unknown>,
	changesOf: (itemId: string) => readonly FileChange[],
	home: string
): CodexQuestion | null {
	switch (method) {
		case 'item/commandExecution/requestApproval':
			return commandQuestion(params, home);
		case 'item/fileChange/requestApproval':
			return fileQuestion(params, changesOf, home);
		case 'item/tool/requestUserInput':
			return inputQuestion(params);
		default:
			return null;
	}
}

function commandQuestion(params: Record<string, unknown>, home: string): CodexQuestion | null {
	const parsed = CommandParams.safeParse(params);
	if (!parsed.success) return null;
	const { itemId, command, cwd, reason, availableDecisions } = parsed.data;
	const inner = scriptOf(command ?? '');
	const remembered = rememberable(availableDecisions);
	return {
		itemId: itemId ?? null,
		subject: {
			...classify({ do: 'command', command: inner }),
			summary: reason || `Run ${inner}`,
			tool: 'shell',
			command: cutCommand(inner),
			cwd: cwd ?? home,
			options: [
				{ id: 'once', label: 'Allow once' },
				...remembered.map(({ label }, at) => ({ id: `remember-${at}`, label }))
			]
		},
		answer(outcome) {
			if (!byPeople(outcome)) return null;
			if (outcome.outcome === 'denied') return { decision: 'decline' };
			const at = /^remember-(\d+)$/.exec(outcome.optionId ?? '')?.[1];
			const chosen = at === undefined ? undefined : remembered[Number(at)];
			return { decision: chosen ? chosen.decision : 'accept' };
		}
	};
}

function fileQuestion(
	params: Record<string, unknown>,
	changesOf: (itemId: string) => readonly FileChange[],
	home: string
): CodexQuestion | null {
	const parsed = FileParams.safeParse(params);
	if (!parsed.success) return null;
	const { itemId, reason, grantRoot } = parsed.data;
	const changes = itemId ? changesOf(itemId) : [];
	const paths = changes.map((one) => one.path);
	const diff = cutDiff(changes.map(diffOf).join(''));
	return {
		itemId: itemId ?? null,
		subject: {
			...classify({ do: 'write', paths }),
			summary: reason || (paths.length > 0 ? `Write ${paths.join(', ')}` : 'Write files'),
			tool: 'apply_patch',
			cwd: grantRoot ?? home,
			...(paths.length > 0 ? { paths: cutPaths(paths) } : {}),
			...(diff ? { diff } : {}),
			options: [
				{ id: 'once', label: 'Allow once' },
				{ id: 'session', label: 'Allow for this session' }
			]
		},
		answer(outcome) {
			if (!byPeople(outcome)) return null;
			if (outcome.outcome === 'denied') return { decision: 'decline' };
			return { decision: outcome.optionId === 'session' ? 'acceptForSession' : 'accept' };
		}
	};
}

/** A whole new file comes as its content, a change as a patch. */
function diffOf({ path, kind, diff }: FileChange): string {
	if (kind?.type === 'add') return lineDiff(path, '', diff);
	if (kind?.type === 'delete') return lineDiff(path, diff, '');
	const name = path.replace(/^\//, '');
	return `--- a/${name}\n+++ b/${name}\n${diff.endsWith('\n') ? diff : `${diff}\n`}`;
}

function inputQuestion(params: Record<string, unknown>): CodexQuestion | null {
	const parsed = InputParams.safeParse(params);
	if (!parsed.success) return null;
	const { itemId, questions } = parsed.data;
	// A secret is typed where it is asked for, never through a record that is kept.
	if (questions.some((one) => one.isSecret)) return null;
	const first = questions[0]!;
	const labels = questions.length === 1 ? (first.options ?? []).map((one) => one.label) : [];
	return {
		itemId: itemId ?? null,
		subject: {
			...classify({ do: 'question' }),
			summary: first.question || 'A question',
			details: { questions },
			...(labels.length > 0
				? {
						options: labels
							.slice(0, 20)
							.map((label, at) => ({ id: `answer-${at}`, label: label.slice(0, 200) }))
					}
				: {})
		},
		answer(outcome) {
			if (outcome.outcome !== 'allowed') return null;
			const at = /^answer-(\d+)$/.exec(outcome.optionId ?? '')?.[1];
			const label = at === undefined ? outcome.answer : labels[Number(at)];
			const given = typeof label === 'string' ? { [first.question]: label } : outcome.answer;
			if (typeof given !== 'object' || given === null) return null;
			const answers = Object.fromEntries(
				questions.flatMap(({ id, question }) => {
					const answer = (given as Record<string, unknown>)[question];
					return typeof answer === 'string' ? [[id, { answers: [answer] }]] : [];
				})
			);
			return Object.keys(answers).length > 0 ? { answers } : null;
		}
	};
}
