// How each state looks: icon, word and tone together, so that colour never stands alone.
import Ban from '@lucide/svelte/icons/ban';
import Check from '@lucide/svelte/icons/check';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import CircleStop from '@lucide/svelte/icons/circle-stop';
import Hand from '@lucide/svelte/icons/hand';
import Hourglass from '@lucide/svelte/icons/hourglass';
import Plug from '@lucide/svelte/icons/plug';
import Terminal from '@lucide/svelte/icons/terminal';
import TimerOff from '@lucide/svelte/icons/timer-off';
import Unplug from '@lucide/svelte/icons/unplug';
import Wrench from '@lucide/svelte/icons/wrench';
import X from '@lucide/svelte/icons/x';
import type { Component } from 'svelte';
import type { ApprovalStatus } from '#domain/approval.ts';
import type { Risk } from '#protocol/approval-words.ts';
import type { RunnerStatus } from '#domain/runner.ts';
import type { SessionState } from '#domain/session.ts';
import { APPROVAL_WORDS, RISK_WORDS, RUNNER_WORDS, SESSION_WORDS } from '#lib/text/words.ts';
import type { Tone } from './Badge.svelte';

export interface Look {
	word: string;
	tone: Tone;
	icon: Component<{ class?: string }>;
}

const look = (word: string, tone: Tone, icon: Look['icon']): Look => ({ word, tone, icon });

export const SESSION_LOOKS: Record<SessionState, Look> = {
	CREATED: look(SESSION_WORDS.CREATED, 'neutral', CircleDashed),
	QUEUED: look(SESSION_WORDS.QUEUED, 'neutral', Hourglass),
	RUNNING: look(SESSION_WORDS.RUNNING, 'info', CirclePlay),
	WAITING_FOR_APPROVAL: look(SESSION_WORDS.WAITING_FOR_APPROVAL, 'warning', Hand),
	PAUSED_BY_HUMAN: look(SESSION_WORDS.PAUSED_BY_HUMAN, 'neutral', CirclePause),
	COMPLETED: look(SESSION_WORDS.COMPLETED, 'success', CircleCheck),
	FAILED: look(SESSION_WORDS.FAILED, 'danger', CircleAlert),
	TIMED_OUT: look(SESSION_WORDS.TIMED_OUT, 'danger', TimerOff),
	STOPPED: look(SESSION_WORDS.STOPPED, 'neutral', CircleStop)
};

export const RUNNER_LOOKS: Record<RunnerStatus, Look> = {
	online: look(RUNNER_WORDS.online, 'success', Plug),
	offline: look(RUNNER_WORDS.offline, 'danger', Unplug),
	draining: look(RUNNER_WORDS.draining, 'warning', Hourglass),
	maintenance: look(RUNNER_WORDS.maintenance, 'warning', Wrench)
};

export const APPROVAL_LOOKS: Record<ApprovalStatus, Look> = {
	pending: look(APPROVAL_WORDS.pending, 'warning', Hand),
	allowed: look(APPROVAL_WORDS.allowed, 'success', Check),
	denied: look(APPROVAL_WORDS.denied, 'danger', X),
	expired: look(APPROVAL_WORDS.expired, 'neutral', TimerOff),
	cancelled: look(APPROVAL_WORDS.cancelled, 'neutral', Ban),
	answered_at_terminal: look(APPROVAL_WORDS.answered_at_terminal, 'info', Terminal)
};

export const RISK_LOOKS: Record<Risk, { word: string; tone: Tone }> = {
	low: { word: RISK_WORDS.low, tone: 'neutral' },
	medium: { word: RISK_WORDS.medium, tone: 'warning' },
	high: { word: RISK_WORDS.high, tone: 'danger' }
};
