// The places of the app, once: rail, bottom bar, palette and keys are made from it.
import House from '@lucide/svelte/icons/house';
import Inbox from '@lucide/svelte/icons/inbox';
import Server from '@lucide/svelte/icons/server';
import Settings from '@lucide/svelte/icons/settings-2';
import SquareTerminal from '@lucide/svelte/icons/square-terminal';
import type { Component } from 'svelte';

export interface Place {
	id: 'village' | 'sessions' | 'approvals' | 'runners' | 'settings';
	title: string;
	href: string;
	/** Everything below this path belongs to the place. */
	under: string;
	keys: string;
	icon: Component<{ class?: string }>;
}

export const PLACES: readonly Place[] = [
	{
		id: 'village',
		title: 'Village',
		href: '/village',
		under: '/village',
		keys: 'g v',
		icon: House
	},
	{
		id: 'sessions',
		title: 'Sessions',
		href: '/sessions',
		under: '/sessions',
		keys: 'g s',
		icon: SquareTerminal
	},
	{
		id: 'approvals',
		title: 'Approvals',
		href: '/approvals',
		under: '/approvals',
		keys: 'g a',
		icon: Inbox
	},
	{
		id: 'runners',
		title: 'Runners',
		href: '/runners',
		under: '/runners',
		keys: 'g r',
		icon: Server
	},
	{
		id: 'settings',
		title: 'Settings',
		href: '/settings/profile',
		under: '/settings',
		keys: 'g p',
		icon: Settings
	}
];
