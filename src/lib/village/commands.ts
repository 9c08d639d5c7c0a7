// What keys and the palette can do on the village page; everything that stands in it is found by its name.
import Activity from '@lucide/svelte/icons/activity';
import Bell from '@lucide/svelte/icons/bell';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import Hand from '@lucide/svelte/icons/hand';
import House from '@lucide/svelte/icons/house';
import ListChecks from '@lucide/svelte/icons/list-checks';
import MapIcon from '@lucide/svelte/icons/map';
import Server from '@lucide/svelte/icons/server';
import User from '@lucide/svelte/icons/user';
import type { Command } from '#lib/state/commands.svelte.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import { providerName } from '#lib/text/words.ts';
import { runnerName } from './names.ts';
import type { Selected } from './address.ts';

export interface VillageActs {
	view: 'map' | 'list';
	calm: boolean;
	stepsAway: boolean;
	twin(): void;
	bell(): void;
	toggleCalm(): void;
	wave(): void;
	toggleSteps(): void;
	zoom(step: 1 | -1): void;
	close(): void;
	open(selected: Selected): void;
	startDemo(): void;
	removeDemo(): void;
}

export function villageCommands(workspace: Workspace, acts: VillageActs): Command[] {
	const group = 'Village';
	return [
		{
			id: 'village.twin',
			title: acts.view === 'map' ? 'Show the village as a list' : 'Show the village as a map',
			group,
			keys: 'l',
			icon: MapIcon,
			run: acts.twin
		},
		{
			id: 'village.bell',
			title: 'Answer what waits',
			group,
			keys: 'b',
			words: 'approvals',
			icon: Bell,
			run: acts.bell
		},
		{
			id: 'village.calm',
			title: acts.calm ? 'Let the village move' : 'Calm the village: no motion',
			group,
			keys: 'm',
			icon: Activity,
			run: acts.toggleCalm
		},
		{
			id: 'village.steps',
			title: acts.stepsAway ? 'Show the first steps' : 'Put the first steps away',
			group,
			words: 'checklist help newcomer tour',
			icon: ListChecks,
			run: acts.toggleSteps
		},
		{
			id: 'village.demo',
			title: workspace.hasDemo ? 'Remove the demo' : 'Show me a demo',
			group,
			words: 'example tour bakery',
			icon: FlaskConical,
			reason: workspace.missing('demo.manage'),
			run: workspace.hasDemo ? acts.removeDemo : acts.startDemo
		},
		{
			id: 'village.wave',
			title: 'Wave to everybody who is here',
			group,
			keys: 'w',
			words: 'hello gesture emote',
			icon: Hand,
			run: acts.wave
		},
		{ id: 'village.in', title: 'Zoom in', group, keys: '+', run: () => acts.zoom(1) },
		{ id: 'village.out', title: 'Zoom out', group, keys: '-', run: () => acts.zoom(-1) },
		{
			id: 'village.close',
			title: 'Close what is open',
			group,
			keys: 'esc',
			hidden: true,
			run: acts.close
		},
		...workspace.agents.all.map((agent) => ({
			id: `villager:${agent.id}`,
			title: agent.name,
			group: 'Villagers',
			words: `${providerName(agent.provider)} agent`,
			icon: User,
			run: () => acts.open({ kind: 'villager', id: agent.id })
		})),
		...workspace.houses.all.map((house) => ({
			id: `house:${house.id}`,
			title: house.name,
			group: 'Houses',
			words: 'repository house',
			icon: House,
			run: () => acts.open({ kind: 'house', id: house.id })
		})),
		...workspace.runners.all.map((runner) => ({
			id: `workshop:${runner.id}`,
			title: runnerName(runner),
			group: 'Workshops',
			words: 'runner workshop machine',
			icon: Server,
			run: () => acts.open({ kind: 'workshop', id: runner.id })
		}))
	];
}
