// What clients are shown of each subject: the shapes that tRPC returns and events carry. Times are ISO 8601 strings with milliseconds.
import type { ApprovalAction, ApprovalKind, Risk } from '#protocol/approval-words.ts';
import type { ApprovalEffect, ApprovalStatus } from './approval.ts';
import type { RuleScope, RuleTerms } from './approval-rules.ts';
import type { HouseReadiness } from './village.ts';
import type { AgentState, Mood } from './mood.ts';
import type { Role, Scope } from './permissions.ts';
import type { Level, ProviderId } from './provider.ts';
import type { ProviderReport, RunnerLoad, RunnerMode, RunnerStatus } from './runner.ts';
import type { FailureClass, Phase, QueueReason, SessionState, Usage } from './session.ts';

export interface Page<T> {
	items: T[];
	total: number;
	page: number;
	pageSize: number;
	hasMore: boolean;
}

export interface SessionView {
	id: string;
	orgId: string;
	villageId: string | null;
	houseId: string | null;
	houseName: string | null;
	agentId: string;
	agentName: string;
	providerId: ProviderId;
	model: string | null;
	mode: 'pty' | 'structured';
	level: Level;
	task: string | null;
	taskSummary: string;
	command: string | null;
	repo: { url: string; branch: string; commit: string | null } | null;
	state: SessionState;
	phase: Phase;
	queueReason: QueueReason | null;
	rev: number;
	attempt: number;
	runnerId: string | null;
	runnerName: string | null;
	runtimeVersion: string | null;
	createdBy: string;
	createdByName: string | null;
	createdAt: string;
	queuedAt: string | null;
	startedAt: string | null;
	/** Name of whoever paused it, while it is paused and they are known. */
	pausedByName: string | null;
	endedAt: string | null;
	deadlineAt: string | null;
	timeoutMinutes: number;
	activeMs: number;
	exitCode: number | null;
	exitSignal: string | null;
	endReason: string | null;
	failureClass: FailureClass | null;
	pendingApprovals: ApprovalView[];
	/** Nobody is asked: what no rule allows is denied. */
	unattended: boolean;
	usage: Usage;
	/** Last number on the session's own event stream. */
	eventSeq: number;
	connectivity: 'ok' | 'lost';
	dataExpired: boolean;
	demo: boolean;
}

/**
 * One session asked for by itself. What changes with every byte is told here and not in rows, which are told only when
 * something happens: the session bytes that are still kept are `firstOffset` up to `nextOffset`.
 */
export interface SessionDetail extends SessionView {
	terminal: { firstOffset: number; nextOffset: number };
}

export interface ApprovalView {
	id: string;
	sessionId: string;
	agentId: string;
	agentName: string;
	houseName: string | null;
	kind: ApprovalKind;
	action: ApprovalAction;
	risk: Risk;
	summary: string;
	/** null for viewers. */
	details: unknown;
	tool: string | null;
	command: string | null;
	cwd: string | null;
	diff: string | null;
	paths: string[] | null;
	options: { id: string; label: string }[] | null;
	source: string;
	generation: number;
	status: ApprovalStatus;
	effect: ApprovalEffect | null;
	requestedAt: string;
	expiresAt: string;
	resolvedAt: string | null;
	resolvedBy: {
		kind: 'user' | 'terminal' | 'policy' | 'expiry' | 'system';
		id: string | null;
		name: string | null;
		via: string | null;
	} | null;
	reason: string | null;
	/** The rule or the bypass that answered, when `resolvedBy.kind` is `policy`; null for an unattended session. */
	ruleId: string | null;
	bypassId: string | null;
	demo: boolean;
}

/** A rule that answers questions before a person is asked. */
export interface RuleView extends RuleTerms {
	id: string;
	orgId: string;
	scope: RuleScope;
	scopeId: string;
	locked: boolean;
	expiresAt: string | null;
	/** How often it has answered. */
	uses: number;
	createdBy: string;
	createdByName: string;
	createdAt: string;
}

/** What a rule would have answered in the last seven days. */
export interface RuleTrial {
	/** Questions that were asked in the organization. */
	asked: number;
	/** Those the rule speaks of. */
	fits: number;
	wereAllowed: number;
	wereDenied: number;
	/** The newest of them, at most twenty. */
	examples: {
		id: string;
		agentName: string;
		summary: string;
		status: ApprovalStatus;
		requestedAt: string;
	}[];
}

/** A time in which nobody is asked about a session or a house, and everything is recorded. */
export interface BypassView {
	id: string;
	orgId: string;
	scope: 'session' | 'house';
	scopeId: string;
	reason: string;
	until: string;
	endedAt: string | null;
	/** How many questions it has answered. */
	uses: number;
	createdByName: string;
}

export interface RunnerView {
	id: string;
	orgId: string;
	hostname: string;
	label: string | null;
	os: string;
	arch: string;
	status: RunnerStatus;
	mode: RunnerMode;
	connected: boolean;
	capacity: number;
	used: number;
	features: string[];
	providers: ProviderReport[];
	/** Folders below which a house may point at a local clone. */
	allowLocal: string[];
	load: RunnerLoad | null;
	runnerVersion: string;
	lastSeenAt: string | null;
	clockSkewMs: number | null;
	local: boolean;
	createdAt: string;
}

export interface HouseRow {
	id: string;
	villageId: string;
	name: string;
	source: 'github' | 'git_url' | 'local';
	url: string | null;
	localPath: string | null;
	runnerId: string | null;
	defaultBranch: string;
	language: string | null;
	files: number | null;
	/** Whether a runner has looked at it. */
	readiness: HouseReadiness;
	/** Why it cannot be used, in the words of the runner that tried. */
	readinessNote: string | null;
	x: number | null;
	y: number | null;
	demo: boolean;
	createdAt: string;
}

export interface AgentRow {
	id: string;
	villageId: string;
	name: string;
	houseId: string | null;
	provider: ProviderId;
	state: AgentState;
	stateSince: string;
	mood: Mood;
	/** Short words for the bubble over its head. */
	bubble: string | null;
	/** The active session, if any. */
	sessionId: string | null;
	sessionState: SessionState | null;
	connectivity: 'ok' | 'lost';
	approvalsPending: number;
	demo: boolean;
}

export interface PersonRow {
	userId: string;
	name: string;
	x: number | null;
	y: number | null;
	/** Session id whose terminal this person has open, if any. */
	watching: string | null;
	since: string;
}

/** Everything a village page starts from; subscribing after `cursor` gives exactly the changes after it. */
export interface VillageState {
	village: {
		id: string;
		orgId: string;
		name: string;
		seed: string;
		layoutVersion: number;
	};
	houses: HouseRow[];
	agents: AgentRow[];
	runners: RunnerView[];
	sessions: SessionView[];
	approvals: ApprovalView[];
	bypasses: BypassView[];
	people: PersonRow[];
	checklist: Checklist;
	hasDemo: boolean;
	cursor: number;
}

/** The steps shown to newcomers; each notices by itself that it was done. */
export interface Checklist {
	dismissed: boolean;
	steps: {
		id:
			'look_around' | 'open_terminal' | 'approve' | 'start_agent' | 'add_house' | 'second_machine';
		done: boolean;
	}[];
}

export interface MemberView {
	userId: string;
	name: string;
	email: string | null;
	role: Role;
	approve: boolean | null;
	isAdmin: boolean;
	isService: boolean;
	since: string;
}

export interface ApiTokenView {
	id: string;
	name: string;
	maxRole: Role;
	scopes: Scope[] | null;
	expiresAt: string | null;
	lastUsedAt: string | null;
	createdAt: string;
}

/** One event of the feed, as clients get it. */
export interface FeedEvent {
	id: number;
	type: string;
	stream: string;
	seq: number;
	villageId: string | null;
	houseId: string | null;
	agentId: string | null;
	sessionId: string | null;
	actor: string;
	at: string;
	data: Record<string, unknown>;
}

/**
 * What a live page gets. Events carry the full new value of the row they changed, so that folding one twice is harmless:
 * `session.*` has `data.session` (not `session.work`, `session.usage`), `approval.*` has `data.approval`, `runner.*` has
 * `data.runner`, `agent_*` has `data.agent`, `house.*` has `data.house`, `bypass.*` has `data.bypass`; `house.removed` and `agent_removed` have only an id.
 */
export type FeedFrame =
	| { kind: 'events'; prevId: number; id: number; events: FeedEvent[] }
	| { kind: 'people'; people: PersonRow[] }
	| { kind: 'heartbeat'; serverTime: string; headId: number };
