// What a villager is doing, derived from what is known of its session: the one table the map and the list both print.
import type { SessionState } from './session.ts';

/** The only state the village draws (control-plane.md 3). */
export const AGENT_STATES = [
	'paused',
	'waiting',
	'error',
	'celebrating',
	'frustrated',
	'running',
	'working',
	'reading',
	'thinking',
	'starting',
	'traveling',
	'resting',
	'offline',
	'idle'
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** Lasting figures of an agent; energy and frustration 0..100. */
export interface Mood {
	energy: number;
	frustration: number;
	streak: number;
	errorStreak: number;
}

export const FRESH_MOOD: Mood = { energy: 100, frustration: 0, streak: 0, errorStreak: 0 };

/** What `deriveAgentState` looks at; times in epoch milliseconds. */
export interface AgentFacts {
	session: { state: SessionState; connectivity: 'ok' | 'lost' } | null;
	/** The last finished session, when there is none active. */
	last: { state: SessionState; endedAtMs: number } | null;
	lastWork: { kind: string; atMs: number } | null;
	mood: Mood;
	hasTarget: boolean;
	anyRunnerOnline: boolean;
}

const WORK_FRESH_MS = 5_000;
const RUNNING_KINDS = new Set(['command', 'tool_use', 'test_run']);
const WORKING_KINDS = new Set(['file_edit', 'file_create', 'file_delete', 'diff']);
const READING_KINDS = new Set(['file_read', 'search']);

/** First match from the top wins (control-plane.md 3). Pure: `nowMs` is passed in. */
export function deriveAgentState(facts: AgentFacts, nowMs: number): AgentState {
	const { session, last, lastWork, mood } = facts;
	if (session?.state === 'PAUSED_BY_HUMAN') return 'paused';
	if (session?.state === 'WAITING_FOR_APPROVAL') return 'waiting';
	if (session?.connectivity === 'lost') return 'error';
	if (!session && last && (last.state === 'FAILED' || last.state === 'TIMED_OUT')) {
		if (nowMs - last.endedAtMs < 60_000) return 'error';
	}
	if (!session && last?.state === 'COMPLETED' && nowMs - last.endedAtMs < 5_000)
		return 'celebrating';
	if (session?.state === 'RUNNING') {
		if (mood.errorStreak >= 3 || mood.frustration >= 70) return 'frustrated';
		if (lastWork && nowMs - lastWork.atMs < WORK_FRESH_MS) {
			if (RUNNING_KINDS.has(lastWork.kind)) return 'running';
			if (WORKING_KINDS.has(lastWork.kind)) return 'working';
			if (READING_KINDS.has(lastWork.kind)) return 'reading';
		}
		return 'thinking';
	}
	if (session) return 'starting';
	if (facts.hasTarget) return 'traveling';
	if (mood.energy < 30) return 'resting';
	if (!facts.anyRunnerOnline) return 'offline';
	return 'idle';
}

const clamp = (value: number) => Math.max(0, Math.min(100, value));

/** How the end of a session changes the lasting figures. */
export function moodAfterSession(mood: Mood, final: SessionState): Mood {
	if (final === 'COMPLETED')
		return {
			energy: clamp(mood.energy - 10),
			frustration: clamp(mood.frustration - 5),
			streak: mood.streak + 1,
			errorStreak: 0
		};
	if (final === 'FAILED' || final === 'TIMED_OUT')
		return {
			energy: clamp(mood.energy - 10),
			frustration: clamp(mood.frustration + 25),
			streak: 0,
			errorStreak: mood.errorStreak + 1
		};
	return mood;
}

/** The plain words the list prints for a state; the map says the same. */
export const STATE_WORDS: Record<AgentState, string> = {
	paused: 'paused by a person',
	waiting: 'waiting for approval',
	error: 'in trouble',
	celebrating: 'done',
	frustrated: 'frustrated',
	running: 'running a command',
	working: 'editing files',
	reading: 'reading',
	thinking: 'working',
	starting: 'starting',
	traveling: 'on the way',
	resting: 'resting',
	offline: 'gone home',
	idle: 'idle'
};
