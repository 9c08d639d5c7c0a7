// What opencode asks, in the words of the village, and our answers in its own.
import { resolve } from 'node:path';
import { z } from 'zod';
import { classify, type Intent } from '#domain/approval-class.ts';
import type { AskOutcome } from '../../session-door/ask.ts';
import { cutCommand, cutPaths } from '../cut.ts';
import { cutDiff } from '../line-diff.ts';
import type { Subject } from '../session.ts';

const MAX_DETAILS = 30_000;

const Tool = z.object({ messageID: z.string(), callID: z.string() });

/** A permission of the first generation. */
const Permission = z.object({
	id: z.string().regex(/^per[\w-]{1,100}$/),
	sessionID: z.string().regex(/^ses[\w-]{1,100}$/),
	permission: z.string().min(1),
	patterns: z.array(z.string()),
	metadata: z.record(z.string(), z.unknown()).default({}),
	always: z.array(z.string()).default([]),
	tool: Tool.nullish()
});
/** One of the second, under other names. */
const NextPermission = z
	.object({
		id: z.unknown().optional(),
		sessionID: z.unknown().optional(),
		action: z.unknown().optional(),
		resources: z.unknown().optional(),
		metadata: z.unknown().optional(),
		save: z.unknown().optional(),
		source: Tool.nullish().catch(null)
	})
	.transform(({ action, resources, save, source, ...same }) =>
		Permission.parse({
			...same,
			permission: action,
			patterns: resources,
			always: save ?? [],
			metadata: same.metadata ?? {},
			tool: source
		})
	);
const Question = z.object({
	id: z.string().regex(/^que[\w-]{1,100}$/),
	sessionID: z.string(),
	questions: z
		.array(
			z.object({
				question: z.string(),
				options: z.array(z.object({ label: z.string().min(1) })).default([]),
				multiple: z.boolean().nullish()
			})
		)
		.min(1)
});

/** Input of the tool call that a permission is for, as far as it was told. */
export type ToolInput = Record<string, unknown>;

/** An answer as the server takes it. */
export interface Reply {
	path: string;
	body: object;
	/** What the server repeats when it took the answer. */
	effect: 'allowed' | 'denied';
}

export interface Asked {
	id: string;
	/** The path that lists what is still open. */
	list: '/permission' | '/question' | null;
	/** The tool call that waits for it. */
	callID?: string;
	subject: Subject;
	/** Null leaves it to the program's own dialog. */
	reply(outcome: AskOutcome): Reply | null;
}

const string = (value: unknown): string => (typeof value === 'string' ? value : '');

function pathsOf(ask: z.infer<typeof Permission>, input: ToolInput): string[] {
	const { metadata, patterns } = ask;
	const files = Array.isArray(metadata.files)
		? (metadata.files as Record<string, unknown>[]).map((one) => string(one?.filePath))
		: [];
	if (files.some(Boolean)) return files.filter(Boolean);
	const one = string(metadata.filepath) || string(input.filePath);
	return one ? [one] : patterns;
}

function intentOf(ask: z.infer<typeof Permission>, input: ToolInput): Intent {
	const { permission, metadata, patterns } = ask;
	const command = string(input.command) || string(metadata.command);
	switch (permission) {
		case 'bash':
			return { do: 'command', command: command || patterns.join(' && ') };
		case 'edit':
			return { do: 'write', paths: pathsOf(ask, input) };
		case 'read':
		case 'list':
		case 'glob':
		case 'grep':
			return { do: 'read', paths: patterns };
		case 'webfetch':
		case 'websearch':
			return { do: 'fetch', url: patterns[0] ?? '' };
		case 'external_directory':
			if (command) return { do: 'command', command };
			if (typeof input.content === 'string' || typeof input.newString === 'string')
				return { do: 'write', paths: pathsOf(ask, input) };
			return { do: 'read', paths: pathsOf(ask, input) };
		default:
			return { do: 'tool' };
	}
}

function summaryOf(ask: z.infer<typeof Permission>, intent: Intent, input: ToolInput): string {
	const { permission, patterns } = ask;
	const what =
		intent.do === 'command'
			? string(input.description) || `Run ${intent.command}`
			: intent.do === 'write'
				? `Write ${intent.paths.join(', ')}`
				: intent.do === 'read'
					? `Read ${intent.paths.join(', ')}`
					: intent.do === 'fetch'
						? `Fetch ${intent.url ?? ''}`
						: `Use ${permission}`;
	return permission === 'external_directory' ? `${what} (outside: ${patterns.join(', ')})` : what;
}

/** What "always" remembers: in the program's memory, until the session ends. */
function alwaysLabel({ permission, always }: z.infer<typeof Permission>): string {
	const what = always.includes('*') ? `any ${permission}` : `${permission}: ${always.join(', ')}`;
	const label = `Allow, and until this session ends do not ask about ${what}`;
	return label.length > 200 ? `${label.slice(0, 199)}…` : label;
}

function permissionAsked(ask: z.infer<typeof Permission>, next: boolean, more: More): Asked {
	const { id, sessionID, metadata, always, permission, patterns } = ask;
	const input = ask.tool ? more.inputOf(ask.tool.callID) : {};
	const intent = intentOf(ask, input);
	const diff = cutDiff(string(metadata.diff));
	const { diff: _shown, ...rest } = metadata;
	const details = { permission, patterns, always, metadata: rest };
	const remembers = always.length > 0;
	const path = next
		? `/api/session/${sessionID}/permission/${id}/reply`
		: `/permission/${id}/reply`;
	const say = (reply: 'once' | 'always' | 'reject', message?: string): Reply => ({
		path,
		body: { reply, ...(message ? { message } : {}) },
		effect: reply === 'reject' ? 'denied' : 'allowed'
	});
	return {
		id,
		list: next ? null : '/permission',
		...(ask.tool ? { callID: ask.tool.callID } : {}),
		subject: {
			...classify(intent),
			summary: summaryOf(ask, intent, input),
			tool: permission.slice(0, 200),
			...(intent.do === 'command' ? { command: cutCommand(intent.command) } : {}),
			cwd: resolve(more.cwd, string(input.workdir)).slice(0, 4096),
			...(diff ? { diff } : {}),
			...('paths' in intent && intent.paths.length > 0 ? { paths: cutPaths(intent.paths) } : {}),
			options: [
				{ id: 'once', label: 'Allow once' },
				...(remembers ? [{ id: 'always', label: alwaysLabel(ask) }] : [])
			],
			...(JSON.stringify(details).length <= MAX_DETAILS ? { details } : {})
		},
		reply(outcome) {
			if (outcome.outcome === 'allowed')
				return say(outcome.optionId === 'always' && remembers ? 'always' : 'once');
			if (outcome.outcome === 'denied') return say('reject', outcome.message);
			if (outcome.outcome === 'expired') return say('reject', 'Nobody answered in time.');
			return say('reject', 'Nobody could be asked.');
		}
	};
}

function questionAsked({ id, questions }: z.infer<typeof Question>): Asked | null {
	const [first, ...more] = questions;
	// Several questions, or several answers, need more than one choice: its own dialog has them.
	if (!first || more.length > 0 || first.multiple || first.options.length === 0) return null;
	const labels = first.options.map(({ label }) => label).slice(0, 20);
	const reject: Reply = { path: `/question/${id}/reject`, body: {}, effect: 'denied' };
	return {
		id,
		list: '/question',
		subject: {
			...classify({ do: 'question' }),
			summary: first.question || 'A question',
			details: JSON.stringify(questions).length <= MAX_DETAILS ? { questions } : {},
			options: labels.map((label, at) => ({ id: `answer-${at}`, label: label.slice(0, 200) }))
		},
		reply(outcome) {
			if (outcome.outcome !== 'allowed') return reject;
			const at = /^answer-(\d+)$/.exec(outcome.optionId ?? '')?.[1];
			const { answer } = outcome;
			const given =
				typeof answer === 'object' && answer !== null
					? (answer as Record<string, unknown>)[first.question]
					: answer;
			const label = at === undefined ? given : labels[Number(at)];
			if (typeof label !== 'string') return null;
			const path = `/question/${id}/reply`;
			return { path, body: { answers: [[label]] }, effect: 'allowed' };
		}
	};
}

interface More {
	/** Folder the agent works in. */
	cwd: string;
	/** What a tool call was given; empty when it was not told. */
	inputOf(callID: string): ToolInput;
}

/** Whether an event asks something. */
export const isQuestion = (type: string): boolean =>
	/^(permission|question)(\.v2)?\.asked$/.test(type);

/** Reads a question; null when nobody here can answer it: then only the terminal can. */
export function askedOf(type: string, properties: unknown, more: More): Asked | null {
	switch (type) {
		case 'permission.asked':
		case 'permission.v2.asked': {
			const next = type === 'permission.v2.asked';
			const parsed = safely(next ? NextPermission : Permission, properties);
			return parsed && permissionAsked(parsed, next, more);
		}
		case 'question.asked': {
			const parsed = safely(Question, properties);
			return parsed && questionAsked(parsed);
		}
		default:
			return null;
	}
}

function safely<T>(schema: z.ZodType<T>, value: unknown): T | null {
	try {
		return schema.parse(value);
	} catch {
		return null;
	}
}

const Replied = z.object({
	requestID: z.string(),
	reply: z.enum(['once', 'always', 'reject']).nullish()
});

/** What an event says was answered; null for all others. */
export function repliedOf(
	type: string,
	properties: unknown
): { id: string; effect: 'allowed' | 'denied' } | null {
	const [, kind, word] = /^(permission|question)(?:\.v2)?\.(replied|rejected)$/.exec(type) ?? [];
	const parsed = Replied.safeParse(properties);
	if (kind === undefined || !parsed.success) return null;
	const { requestID: id, reply } = parsed.data;
	if (kind === 'question') return { id, effect: word === 'rejected' ? 'denied' : 'allowed' };
	if (!reply) return null;
	return { id, effect: reply === 'reject' ? 'denied' : 'allowed' };
}
