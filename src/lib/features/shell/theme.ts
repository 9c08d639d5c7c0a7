// The three choices of appearance.
import Monitor from '@lucide/svelte/icons/monitor';
import Moon from '@lucide/svelte/icons/moon';
import Sun from '@lucide/svelte/icons/sun';
import type { Component } from 'svelte';

export const THEMES: readonly {
	value: 'light' | 'dark' | 'system';
	label: string;
	icon: Component<{ class?: string }>;
}[] = [
	{ value: 'light', label: 'Light', icon: Sun },
	{ value: 'dark', label: 'Dark', icon: Moon },
	{ value: 'system', label: 'As the system', icon: Monitor }
];
