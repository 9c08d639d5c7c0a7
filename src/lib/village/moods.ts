// How each state of a villager looks in lists, sheets and hover cards: icon, tone and the table's own word together.
import BookOpen from '@lucide/svelte/icons/book-open';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import Coffee from '@lucide/svelte/icons/coffee';
import Footprints from '@lucide/svelte/icons/footprints';
import Frown from '@lucide/svelte/icons/frown';
import Hammer from '@lucide/svelte/icons/hammer';
import Hand from '@lucide/svelte/icons/hand';
import Moon from '@lucide/svelte/icons/moon';
import PartyPopper from '@lucide/svelte/icons/party-popper';
import SquareTerminal from '@lucide/svelte/icons/square-terminal';
import { STATE_WORDS, type AgentState } from '#domain/mood.ts';
import type { Tone } from '#lib/ui/Badge.svelte';
import type { Look } from '#lib/ui/states.ts';

const TONES: Record<AgentState, [Tone, Look['icon']]> = {
	paused: ['neutral', CirclePause],
	waiting: ['warning', Hand],
	error: ['danger', CircleAlert],
	celebrating: ['success', PartyPopper],
	frustrated: ['danger', Frown],
	running: ['info', SquareTerminal],
	working: ['info', Hammer],
	reading: ['info', BookOpen],
	thinking: ['info', CirclePlay],
	starting: ['neutral', CircleDashed],
	traveling: ['neutral', Footprints],
	resting: ['neutral', Coffee],
	offline: ['neutral', Moon],
	idle: ['neutral', Coffee]
};

/** Icon, tone and word of a villager's state. */
export function moodLook(state: AgentState): Look {
	const [tone, icon] = TONES[state];
	return { word: STATE_WORDS[state], tone, icon };
}

/** States grouped for the small legend of the map, most urgent first. */
export const LEGEND: { word: string; tone: Tone; icon: Look['icon']; states: AgentState[] }[] = [
	{ word: 'waiting for approval', tone: 'warning', icon: Hand, states: ['waiting'] },
	{ word: 'in trouble', tone: 'danger', icon: CircleAlert, states: ['error', 'frustrated'] },
	{
		word: 'working',
		tone: 'info',
		icon: Hammer,
		states: ['running', 'working', 'reading', 'thinking']
	},
	{ word: 'starting', tone: 'neutral', icon: CircleDashed, states: ['starting', 'traveling'] },
	{ word: 'paused', tone: 'neutral', icon: CirclePause, states: ['paused'] },
	{
		word: 'resting',
		tone: 'neutral',
		icon: Coffee,
		states: ['idle', 'resting', 'offline', 'celebrating']
	}
];
