// Everything that can be done to what stands in the village: the map's menu, the list and the sheets are made from this.
import CirclePause from '@lucide/svelte/icons/circle-pause';
import CirclePlay from '@lucide/svelte/icons/circle-play';
import CircleStop from '@lucide/svelte/icons/circle-stop';
import ExternalLink from '@lucide/svelte/icons/external-link';
import House from '@lucide/svelte/icons/house';
import MapPin from '@lucide/svelte/icons/map-pin';
import Play from '@lucide/svelte/icons/play';
import Plus from '@lucide/svelte/icons/plus';
import Server from '@lucide/svelte/icons/server';
import SquareTerminal from '@lucide/svelte/icons/square-terminal';
import Trash from '@lucide/svelte/icons/trash-2';
import { placeHouses } from '#domain/village.ts';
import type { AgentRow, HouseRow, RunnerView, SessionView } from '#domain/views.ts';
import type { EntityKind } from '#game/port.ts';
import { SessionControl } from '#lib/features/sessions/control.svelte.ts';
import { sessionPath } from '#lib/features/sessions/links.ts';
import { attempt } from '#lib/state/attempt.ts';
import type { Dialogs } from '#lib/state/dialogs.svelte.ts';
import type { Workspace } from '#lib/state/workspace.svelte.ts';
import type { MenuAction, MenuEntry } from '#lib/ui/menu.ts';
import { runnerName } from './names.ts';
import type { Selection } from './selection.svelte.ts';

/** A question before something is destroyed. */
export interface Question {
	title: string;
	text: string;
	action: string;
	run: () => Promise<boolean>;
}

export class Acts {
	/** Asked now, or null. */
	question = $state.raw<Question | null>(null);
	readonly control: SessionControl;
	#workspace: Workspace;
	#dialogs: Dialogs;
	#selection: Selection;
	/** Goes to something on the map; null where the list is shown. */
	#find: () => ((kind: EntityKind, id: string) => void) | null;

	constructor(
		workspace: Workspace,
		dialogs: Dialogs,
		selection: Selection,
		find: () => ((kind: EntityKind, id: string) => void) | null
	) {
		this.#workspace = workspace;
		this.control = new SessionControl(workspace);
		this.#dialogs = dialogs;
		this.#selection = selection;
		this.#find = find;
	}

	/** What a right click on something offers. */
	entries(kind: EntityKind | 'ground', id: string | null): MenuEntry[] {
		const { agents, houses, runners } = this.#workspace;
		if (kind === 'villager' && id) {
			const agent = agents.get(id);
			return agent ? this.villager(agent) : [];
		}
		if (kind === 'house' && id) {
			const house = houses.get(id);
			return house ? this.house(house) : [];
		}
		if (kind === 'workshop' && id) {
			const runner = runners.get(id);
			return runner ? this.workshop(runner) : [];
		}
		return kind === 'person' ? [] : this.ground();
	}

	villager(agent: AgentRow): MenuEntry[] {
		const session = agent.sessionId ? this.#workspace.sessions.get(agent.sessionId) : undefined;
		const house = agent.houseId ? this.#workspace.houses.get(agent.houseId) : undefined;
		const entries: MenuEntry[] = [
			{ kind: 'heading', label: agent.name },
			{
				label: session ? 'Open terminal' : 'Open',
				icon: SquareTerminal,
				run: () => this.#selection.open({ kind: 'villager', id: agent.id })
			},
			...this.#findEntry('villager', agent.id)
		];
		if (house)
			entries.push({
				label: `Open house ${house.name}`,
				icon: House,
				run: () => this.#selection.open({ kind: 'house', id: house.id })
			});
		if (session)
			entries.push(
				{ label: 'Session page', icon: ExternalLink, href: sessionPath(session.id) },
				{ kind: 'separator' },
				...this.session(session)
			);
		else
			entries.push(
				{ kind: 'separator' },
				{
					label: 'Start a session',
					icon: Play,
					reason: this.#workspace.missing('session.create'),
					run: () => this.start({ agentId: agent.id, houseId: agent.houseId })
				}
			);
		return entries;
	}

	/** Pause or resume, and stop, with the reason where one cannot. */
	session(session: SessionView): MenuEntry[] {
		const { control } = this;
		const paused = session.state === 'PAUSED_BY_HUMAN';
		const verb = paused ? 'resume' : 'pause';
		return [
			{
				label: paused ? 'Resume' : 'Pause',
				icon: paused ? CirclePlay : CirclePause,
				reason: control.reason(session, verb),
				run: () => void control[verb](session)
			},
			{
				label: 'Stop …',
				icon: CircleStop,
				danger: true,
				reason: control.reason(session, 'stop'),
				run: () => control.askStop(session)
			}
		];
	}

	house(house: HouseRow): MenuEntry[] {
		return [
			{ kind: 'heading', label: house.name },
			{
				label: 'Open house',
				icon: House,
				run: () => this.#selection.open({ kind: 'house', id: house.id })
			},
			...this.#findEntry('house', house.id),
			{
				label: 'Start an agent here',
				icon: Play,
				reason: this.#workspace.missing('session.create'),
				run: () => this.start({ houseId: house.id })
			},
			{ kind: 'separator' },
			{
				label: 'Remove house …',
				icon: Trash,
				danger: true,
				reason: this.keepsHouse(house),
				run: () => this.askRemove(house)
			}
		];
	}

	workshop(runner: RunnerView): MenuEntry[] {
		return [
			{ kind: 'heading', label: runnerName(runner) },
			{
				label: 'Open workshop',
				icon: Server,
				run: () => this.#selection.open({ kind: 'workshop', id: runner.id })
			},
			...this.#findEntry('workshop', runner.id),
			{ kind: 'separator' },
			this.drainEntry(runner)
		];
	}

	/** Drain when it takes work, else activate. */
	drainEntry(runner: RunnerView): MenuAction {
		const reason = this.#workspace.missing('runner.drain');
		if (runner.mode === 'active')
			return {
				label: 'Drain (take no new sessions)',
				icon: CirclePause,
				reason,
				run: () => void this.drain(runner)
			};
		return { label: 'Activate', icon: CirclePlay, reason, run: () => void this.activate(runner) };
	}

	ground(): MenuEntry[] {
		return [
			{
				label: 'Start an agent',
				icon: Play,
				reason: this.#workspace.missing('session.create'),
				run: () => this.start({})
			},
			{
				label: 'Add a house',
				icon: Plus,
				reason: this.#workspace.missing('house.manage'),
				run: () => (this.#dialogs.addHouse = true)
			},
			{
				label: 'Connect a machine',
				icon: Server,
				reason: this.#workspace.missing('runner.manage'),
				run: () => (this.#dialogs.joinRunner = true)
			}
		];
	}

	start(wish: { agentId?: string | null; houseId?: string | null }): void {
		this.#dialogs.start = wish;
	}

	/** Why a house cannot be removed, or null. */
	keepsHouse(house: HouseRow): string | null {
		const missing = this.#workspace.missing('house.manage');
		return missing ?? (house.demo ? 'It goes with the demo: remove that.' : null);
	}

	askRemove(house: HouseRow): void {
		this.question = {
			title: `Remove ${house.name} from the village?`,
			text: 'The repository itself is not touched. Its agents and finished sessions stay, without a house.',
			action: 'Remove house',
			run: async () => {
				const others = this.#unsaved().filter((place) => place.id !== house.id);
				if (others.length > 0 && !(await this.#saveLayout(others))) return false;
				const done = await attempt(
					() => this.#workspace.api.houses.remove.mutate({ houseId: house.id }),
					{ done: `${house.name} was removed.` }
				);
				if (done.ok) this.#selection.close();
				return done.ok;
			}
		};
	}

	/** Puts a house somewhere else, for everybody. */
	async moveHouse(id: string, x: number, y: number): Promise<void> {
		const row = this.#workspace.houses.get(id);
		if (!row) return;
		const others = this.#unsaved().filter((place) => place.id !== id);
		this.#workspace.houses.put({ ...row, x, y });
		const saved = await this.#saveLayout([{ id, x, y }, ...others]);
		// Somebody else arranged at the same time, or it was refused: show what is true.
		if (!saved) await attempt(() => this.#workspace.reload(), { quiet: true });
	}

	/** Where houses stand that nobody has placed: saved before one leaves its plot, or another would move into it. */
	#unsaved(): { id: string; x: number; y: number }[] {
		const { houses, village } = this.#workspace;
		const places = placeHouses(village.seed, houses.all);
		return houses.all.flatMap((house) => {
			const at = places.get(house.id);
			return at && (house.x === null || house.y === null) ? [{ id: house.id, ...at }] : [];
		});
	}

	async #saveLayout(houses: { id: string; x: number; y: number }[]): Promise<boolean> {
		const workspace = this.#workspace;
		const { id: villageId, layoutVersion: version } = workspace.village;
		const saved = await attempt(() =>
			workspace.api.villages.saveLayout.mutate({ villageId, version, houses })
		);
		if (saved.ok) workspace.village = { ...workspace.village, layoutVersion: saved.value.version };
		return saved.ok;
	}

	askRemoveDemo(): void {
		this.question = {
			title: 'Remove the demo?',
			text: 'Its houses, agents, sessions and the throw-away repository are deleted. Nothing of yours is touched.',
			action: 'Remove demo',
			run: async () => {
				const { api, orgId } = this.#workspace;
				const done = await attempt(() => api.demo.remove.mutate({ orgId }), {
					done: 'The demo is gone.'
				});
				return done.ok;
			}
		};
	}

	async startDemo(): Promise<void> {
		const { api, orgId } = this.#workspace;
		await attempt(() => api.demo.start.mutate({ orgId }));
	}

	async drain(runner: RunnerView): Promise<void> {
		const done = await attempt(() =>
			this.#workspace.api.runners.drain.mutate({ runnerId: runner.id })
		);
		if (done.ok) this.#workspace.runners.put(done.value);
	}

	async activate(runner: RunnerView): Promise<void> {
		const done = await attempt(() =>
			this.#workspace.api.runners.activate.mutate({ runnerId: runner.id })
		);
		if (done.ok) this.#workspace.runners.put(done.value);
	}

	#findEntry(kind: EntityKind, id: string): MenuEntry[] {
		const find = this.#find();
		return find ? [{ label: 'Show on the map', icon: MapPin, run: () => find(kind, id) }] : [];
	}
}
