// Who answers before a person is asked: rules, unattended sessions, time-boxed bypasses (control-plane.md 5). Pure.
import {
	QUESTION_MOST,
	type ApprovalAction,
	type ApprovalKind,
	type Risk
} from '#protocol/approval-words.ts';
import { RISKS } from '#protocol/approval-words.ts';
import { exactly, matchesGlob } from './glob.ts';
import { splitCommand, wordsOf } from './shell-command.ts';

/** Nearest first: the order in which rules are asked. */
export const RULE_SCOPES = ['session', 'agent', 'house', 'village', 'org'] as const;
export type RuleScope = (typeof RULE_SCOPES)[number];

export const RULE_DECISIONS = ['allow', 'deny', 'ask'] as const;
export type RuleDecision = (typeof RULE_DECISIONS)[number];

/** What a rule fits and what it says. Patterns are globs of the whole text; a null one asks nothing. */
export interface RuleTerms {
	action: ApprovalAction | '*';
	toolPattern: string | null;
	commandPattern: string | null;
	pathPattern: string | null;
	/** Fits this risk and lower ones. */
	maxRisk: Risk | null;
	decision: RuleDecision;
}

export interface Rule extends RuleTerms {
	id: string;
	scope: RuleScope;
	/** Id of the session, agent, house, village or org. */
	scopeId: string;
	/** A denial of the org that nothing nearer takes back. */
	locked: boolean;
	expiresAtMs: number | null;
}

/** What somebody in a session wants to do, as far as rules look at it. */
export interface Asked {
	action: ApprovalAction;
	kind: ApprovalKind;
	risk: Risk;
	tool: string | null;
	command: string | null;
	paths: readonly string[] | null;
}

/** Where it is asked: the id of each scope, null where there is none. */
export type Place = Record<RuleScope, string | null>;

export interface Verdict {
	decision: 'allow' | 'deny';
	by: 'rule' | 'unattended' | 'bypass';
	/** The rule's or the bypass's id; null for `unattended`. */
	id: string | null;
}

/**
 * Who answers, or null when a person is asked. An `ask` of a rule, or of no rule, is a denial in an unattended session:
 * it ends without anybody. No rule and no bypass says yes to a question: it needs a choice.
 */
export function decide(
	asked: Asked,
	place: Place,
	on: {
		rules: readonly Rule[];
		bypassId: string | null;
		unattended: boolean;
		nowMs: number;
	}
): Verdict | null {
	const fitting = on.rules.filter(
		(rule) =>
			place[rule.scope] === rule.scopeId &&
			(rule.expiresAtMs === null || rule.expiresAtMs > on.nowMs) &&
			fitsRule(rule, asked)
	);
	const locked = fitting.find(
		(rule) => rule.locked && rule.scope === 'org' && rule.decision === 'deny'
	);
	if (locked) return { decision: 'deny', by: 'rule', id: locked.id };
	if (on.bypassId !== null && asked.kind !== 'question')
		return { decision: 'allow', by: 'bypass', id: on.bypassId };
	const rule = nearest(fitting);
	if (rule && rule.decision !== 'ask') return { decision: rule.decision, by: 'rule', id: rule.id };
	return on.unattended ? { decision: 'deny', by: 'unattended', id: null } : null;
}

/** In one scope a denial comes before a question, and a question before a yes. */
const STRICTEST: readonly RuleDecision[] = ['deny', 'ask', 'allow'];

function nearest(rules: readonly Rule[]): Rule | undefined {
	return rules.toSorted(
		(a, b) =>
			RULE_SCOPES.indexOf(a.scope) - RULE_SCOPES.indexOf(b.scope) ||
			STRICTEST.indexOf(a.decision) - STRICTEST.indexOf(b.decision)
	)[0];
}

/**
 * Whether a rule speaks of what is asked. A yes is read narrowly: every part of a command line and every path must fit,
 * and nothing that cannot be read with certainty does. A no, or a question, is read widely: one part is enough.
 */
export function fitsRule(rule: RuleTerms, asked: Asked): boolean {
	if (rule.decision === 'allow' && asked.kind === 'question') return false;
	if (rule.action !== '*' && rule.action !== asked.action) return false;
	if (rule.maxRisk !== null && RISKS.indexOf(asked.risk) > RISKS.indexOf(rule.maxRisk))
		return false;
	if (
		rule.toolPattern !== null &&
		!(asked.tool !== null && matchesGlob(rule.toolPattern, asked.tool))
	)
		return false;
	if (
		rule.commandPattern !== null &&
		!fitsCommand(rule.commandPattern, asked.command, rule.decision)
	)
		return false;
	return rule.pathPattern === null || fitsPaths(rule.pathPattern, asked.paths, rule.decision);
}

function fitsCommand(pattern: string, command: string | null, decision: RuleDecision): boolean {
	if (command === null) return false;
	const { parts, opaque } = splitCommand(command);
	if (decision !== 'allow')
		return matchesGlob(pattern, command) || parts.some((part) => matchesGlob(pattern, part));
	// What is as long as a question carries may have been cut, and no yes fits what is not shown.
	if (opaque || parts.length === 0 || command.length >= QUESTION_MOST.command) return false;
	return parts.every(
		(part) => matchesGlob(pattern, part) && (/[<>]/.test(pattern) || !redirects(part))
	);
}

/** Whether a part reads or writes a file beside what its program does: `> file`, not `2>&1` and not `> /dev/null`. */
function redirects(part: string): boolean {
	const bare = part.replace(/"(?:\\.|[^"\\])*"|'[^']*'/g, '""');
	return /[<>]/.test(bare.replace(/\d?>&\d|&?\d?>{1,2}\s*\/dev\/null/g, ''));
}

function fitsPaths(
	pattern: string,
	paths: readonly string[] | null,
	decision: RuleDecision
): boolean {
	if (!paths || paths.length === 0) return false;
	if (decision !== 'allow') return paths.some((path) => matchesGlob(pattern, path));
	if (
		paths.length >= QUESTION_MOST.paths ||
		paths.some((path) => path.length >= QUESTION_MOST.path)
	)
		return false;
	return paths.every((path) => !path.split(/[/\\]/).includes('..') && matchesGlob(pattern, path));
}

/** How much of what was asked a rule made from it covers. */
export const RULE_MATCHES = ['exact', 'tool', 'action'] as const;
export type RuleMatch = (typeof RULE_MATCHES)[number];

/**
 * The rule that "always" would make of a question, the narrowest that `match` allows; null when there is nothing that
 * would tell it from others. `tool` is the program with its first word for a command, else the tool.
 */
export function proposeRule(
	asked: Asked,
	match: RuleMatch,
	decision: 'allow' | 'deny'
): RuleTerms | null {
	const terms = (some: Partial<RuleTerms>): RuleTerms | null => {
		const rule: RuleTerms = {
			action: asked.action,
			toolPattern: null,
			commandPattern: null,
			pathPattern: null,
			maxRisk: asked.risk,
			decision,
			...some
		};
		return fitsRule(rule, asked) ? rule : null;
	};
	if (match === 'action') return terms({});
	if (asked.command !== null) {
		const { parts } = splitCommand(asked.command);
		const only = parts.length === 1 ? parts[0]! : null;
		if (match === 'exact') return only ? terms({ commandPattern: exactly(only) }) : null;
		const [program, verb] = only ? wordsOf(only) : [];
		if (!program || !only!.startsWith(program)) return null;
		const named = verb && /^[a-z][\w:-]*$/i.test(verb) ? `${program} ${verb}` : program;
		return terms({ commandPattern: `${exactly(named)} *` });
	}
	const toolPattern = asked.tool === null ? null : exactly(asked.tool);
	if (match === 'tool') return toolPattern === null ? null : terms({ toolPattern });
	const [path, more] = asked.paths ?? [];
	if (path !== undefined && more === undefined)
		return terms({ toolPattern, pathPattern: exactly(path) });
	return null;
}

/** What a rule speaks of, in words: `git status *`, `Edit in src/*`, `any file write`. */
export function ruleWords(rule: RuleTerms): string {
	const what = [
		rule.commandPattern,
		rule.toolPattern,
		rule.pathPattern === null ? null : `in ${rule.pathPattern}`
	].filter((word) => word !== null);
	const kind = rule.action === '*' ? 'anything' : `any ${rule.action.replace('_', ' ')}`;
	return what.length > 0 ? what.join(' ') : kind;
}

/** Up to which risk a rule speaks, in words; empty when of every risk. */
export function riskWords({ maxRisk }: RuleTerms): string {
	return maxRisk === null || maxRisk === 'high' ? '' : `up to ${maxRisk} risk`;
}
