// Rules in the words of pages.
import {
	proposeRule,
	RULE_MATCHES,
	ruleWords,
	type Asked,
	type RuleDecision,
	type RuleMatch,
	type RuleScope,
	type RuleTerms
} from '#domain/approval-rules.ts';
import type { ApprovalView } from '#domain/views.ts';

export const SCOPE_WORDS: Record<RuleScope, string> = {
	session: 'this session',
	agent: 'this agent',
	house: 'this house',
	village: 'this village',
	org: 'the whole organization'
};

export const DECISION_WORDS: Record<RuleDecision, string> = {
	allow: 'Allow',
	deny: 'Deny',
	ask: 'Ask'
};

/** The rules that "always" may make of a question, the narrowest first; the same one is named once. */
export function proposals(
	approval: ApprovalView,
	decision: 'allow' | 'deny'
): { match: RuleMatch; terms: RuleTerms; words: string }[] {
	const asked: Asked = approval;
	const found: { match: RuleMatch; terms: RuleTerms; words: string }[] = [];
	for (const match of RULE_MATCHES) {
		const terms = proposeRule(asked, match, decision);
		const words = terms && ruleWords(terms);
		if (terms && words && !found.some((one) => one.words === words))
			found.push({ match, terms, words });
	}
	return found;
}
