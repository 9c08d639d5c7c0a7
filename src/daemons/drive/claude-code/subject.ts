// From the program's question to ours, and from our answer to its words.
import { classify, type Intent } from '#domain/approval-class.ts';
import type { AskOutcome } from '../../session-door/ask.ts';
import { cutCommand, cutPaths } from '../cut.ts';
import { cutDiff, lineDiff } from '../line-diff.ts';
import type { Subject } from '../session.ts';
import type { PermissionInput, Suggestion } from './hook-input.ts';

const MAX_DETAILS = 32_000;

const string = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a tool of the program does, in the words all agents share. */
export function intentOf(tool: string, input: Record<string, unknown>): Intent {
	const path = string(input.file_path) || string(input.notebook_path) || string(input.path);
	switch (tool) {
		case 'Bash':
			return { do: 'command', command: string(input.command) };
		case 'Write':
		case 'Edit':
		case 'MultiEdit':
		case 'NotebookEdit':
			return { do: 'write', paths: [path] };
		case 'Read':
		case 'Grep':
		case 'Glob':
		case 'LS':
			return { do: 'read', paths: path ? [path] : [] };
		case 'WebFetch':
		case 'WebSearch':
			return { do: 'fetch', url: string(input.url) };
		case 'AskUserQuestion':
			return { do: 'question' };
		case 'ExitPlanMode':
			return { do: 'plan' };
		default:
			return { do: 'tool' };
	}
}

function diffOf(tool: string, input: Record<string, unknown>): string {
	const path = string(input.file_path);
	if (tool === 'Write') return lineDiff(path, '', string(input.content));
	if (tool === 'Edit') return lineDiff(path, string(input.old_string), string(input.new_string));
	if (tool === 'MultiEdit' && Array.isArray(input.edits))
		return input.edits
			.map((edit: Record<string, unknown>) =>
				lineDiff(path, string(edit.old_string), string(edit.new_string))
			)
			.join('');
	return '';
}

interface Question {
	question: string;
	multiSelect: boolean;
	labels: string[];
}

/** The questions of `AskUserQuestion`, as far as they are well formed. */
export function questionsOf(input: Record<string, unknown>): Question[] {
	const list = Array.isArray(input.questions) ? (input.questions as Record<string, unknown>[]) : [];
	return list.map((one) => ({
		question: string(one.question),
		multiSelect: one.multiSelect === true,
		labels: (Array.isArray(one.options) ? (one.options as Record<string, unknown>[]) : [])
			.map((option) => string(option.label))
			.filter(Boolean)
	}));
}

function summaryOf(tool: string, input: Record<string, unknown>): string {
	const intent = intentOf(tool, input);
	if (intent.do === 'command') return string(input.description) || `Run ${intent.command}`;
	if (intent.do === 'write') return `${tool} ${intent.paths[0] ?? 'a file'}`;
	if (intent.do === 'read') return `${tool} ${intent.paths[0] ?? ''}`.trim();
	if (intent.do === 'fetch') return `${tool} ${intent.url ?? ''}`.trim();
	if (intent.do === 'plan') return 'Go on with this plan?';
	if (intent.do === 'question') return questionsOf(input)[0]?.question || 'A question';
	return `Use the tool ${tool}`;
}

/** What can be remembered, said in words. */
function suggestionLabel(suggestion: Suggestion): string {
	const rules = Array.isArray(suggestion.rules)
		? (suggestion.rules as Record<string, unknown>[])
				.map(({ toolName, ruleContent }) =>
					ruleContent ? `${string(toolName)}(${string(ruleContent)})` : string(toolName)
				)
				.join(', ')
		: '';
	const directories = Array.isArray(suggestion.directories)
		? (suggestion.directories as unknown[]).map(string).join(', ')
		: '';
	if (suggestion.type === 'setMode') return `Allow, and go on in mode ${string(suggestion.mode)}`;
	return `Allow, and remember ${rules || directories || suggestion.type}`.slice(0, 200);
}

const ONCE = { id: 'once', label: 'Allow once' };

/** Answers the program offers; a question's are its choices. */
export function optionsOf(request: PermissionInput): { id: string; label: string }[] {
	if (request.tool_name === 'AskUserQuestion') {
		const [question, ...more] = questionsOf(request.tool_input);
		// Several questions, or several answers, need more than one choice: `answer` carries them.
		if (!question || more.length > 0 || question.multiSelect) return [];
		return question.labels.map((label, at) => ({ id: `answer-${at}`, label: label.slice(0, 200) }));
	}
	const remembered = request.permission_suggestions.map((suggestion, at) => ({
		id: `remember-${at}`,
		label: suggestionLabel(suggestion)
	}));
	return [ONCE, ...remembered].slice(0, 20);
}

/** Our form of the program's question. */
export function subjectOf(request: PermissionInput): Subject {
	const { tool_name: tool, tool_input: input } = request;
	const intent = intentOf(tool, input);
	const diff = cutDiff(diffOf(tool, input));
	const plan = string(input.plan);
	const details = { input, ...(plan ? { plan } : {}) };
	const fits = JSON.stringify(details).length <= MAX_DETAILS;
	const options = optionsOf(request);
	return {
		...classify(intent),
		summary: summaryOf(tool, input),
		tool,
		...(intent.do === 'command' ? { command: cutCommand(intent.command) } : {}),
		...(request.cwd ? { cwd: request.cwd } : {}),
		...(diff ? { diff } : {}),
		...('paths' in intent && intent.paths.length > 0 ? { paths: cutPaths(intent.paths) } : {}),
		...(options.length > 0 ? { options } : {}),
		...(fits ? { details } : {})
	};
}

/**
 * What the program is told. Null tells it nothing, and its own dialog stays: for everything that is not an answer of a
 * person or a rule. An allowance repeats the input exactly; without it a plan is ignored.
 */
export function hookOutput(request: PermissionInput, outcome: AskOutcome): object | null {
	const decision = decisionOf(request, outcome);
	return decision && { hookSpecificOutput: { hookEventName: 'PermissionRequest', decision } };
}

function decisionOf(request: PermissionInput, outcome: AskOutcome): object | null {
	if (outcome.outcome === 'denied') {
		return { behavior: 'deny', message: outcome.message || 'Denied by a person of the village.' };
	}
	if (outcome.outcome !== 'allowed') return null;
	const { tool_input: input } = request;
	if (request.tool_name === 'AskUserQuestion') {
		const answers = answersOf(request, outcome);
		return answers && { behavior: 'allow', updatedInput: { ...input, answers } };
	}
	const at = /^remember-(\d+)$/.exec(outcome.optionId ?? '')?.[1];
	const suggestion = at === undefined ? undefined : request.permission_suggestions[Number(at)];
	return {
		behavior: 'allow',
		updatedInput: input,
		...(suggestion ? { updatedPermissions: [suggestion] } : {})
	};
}

/** Question → label; null when nothing was chosen: then only the dialog can. */
function answersOf(request: PermissionInput, outcome: AskOutcome): Record<string, string> | null {
	const questions = questionsOf(request.tool_input);
	const at = /^answer-(\d+)$/.exec(outcome.optionId ?? '')?.[1];
	const label = at === undefined ? undefined : questions[0]?.labels[Number(at)];
	if (label !== undefined) return { [questions[0]!.question]: label };
	const { answer } = outcome;
	if (typeof answer === 'string' && questions.length === 1)
		return { [questions[0]!.question]: answer };
	if (typeof answer !== 'object' || answer === null) return null;
	const entries = Object.entries(answer).filter(
		(entry): entry is [string, string] =>
			typeof entry[1] === 'string' && questions.some((one) => one.question === entry[0])
	);
	return entries.length > 0 ? Object.fromEntries(entries) : null;
}
