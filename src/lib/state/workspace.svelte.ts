// Everything a signed-in page shares: who is here, what they may do, the live rows, and the one feed that keeps them true.
import { createContext } from 'svelte';
import type { OrgLimits } from '#domain/limits.ts';
import { can, type Grants, type Right, type Role } from '#domain/permissions.ts';
import type {
	AgentRow,
	ApprovalView,
	BypassView,
	Checklist,
	FeedEvent,
	HouseRow,
	RunnerView,
	SessionView,
	VillageState
} from '#domain/views.ts';
import { createApi, type Api, type Client } from '#lib/trpc.ts';
import { Agents } from './agents.svelte.ts';
import { Approvals } from './approvals.svelte.ts';
import { Feed, type OpenFeed } from './feed.svelte.ts';
import { Houses } from './houses.svelte.ts';
import { People } from './people.svelte.ts';
import { Rows } from './rows.svelte.ts';
import { Runners } from './runners.svelte.ts';
import { Sessions } from './sessions.svelte.ts';

/** Who is signed in, and what they are where. */
export interface Me {
	user: { id: string; name: string; email: string | null; isAdmin: boolean; hasPassword: boolean };
	orgs: {
		id: string;
		name: string;
		role: Role;
		/** Null: as the role has it. */
		approve: boolean | null;
		limits: OrgLimits;
	}[];
}

export interface WorkspaceDeps {
	me: Me;
	orgId: string;
	snapshot: VillageState;
	/** Null while rendering on the server: nothing is subscribed to and nothing can be called. */
	origin: string | null;
	/** Opens the door to the server; tests pass their own. */
	open?: typeof createApi;
}

export class Workspace {
	me = $state.raw<Me>()!;
	readonly orgId: string;
	village = $state.raw<VillageState['village']>()!;
	checklist = $state.raw<Checklist>()!;
	hasDemo = $state(false);
	readonly sessions = new Sessions();
	readonly approvals = new Approvals();
	readonly bypasses = new Rows<BypassView>((a, b) => a.until.localeCompare(b.until));
	readonly runners = new Runners(this.sessions);
	readonly houses = new Houses();
	readonly agents = new Agents();
	readonly people = new People();
	readonly feed: Feed;
	#api: Api | null;

	/** What the signed-in person may do in this org, for hiding what would be refused anyway. */
	readonly grants: Grants | null = $derived.by(() => {
		const { org } = this;
		return org ? { role: org.role, approve: org.approve, scopes: null } : null;
	});

	constructor(deps: WorkspaceDeps) {
		this.me = deps.me;
		this.orgId = deps.orgId;
		this.#show(deps.snapshot);
		this.#api = deps.origin
			? (deps.open ?? createApi)({
					origin: deps.origin,
					onLatency: (ms) => (this.feed.latencyMs = ms),
					onFallback: () => this.feed.start()
				})
			: null;
		this.feed = new Feed(deps.snapshot.cursor, {
			open: this.#open,
			reload: () => this.reload(),
			event: (event) => this.fold(event),
			people: (people) => (this.people.all = people)
		});
	}

	/** The typed client. Throws on the server, where load functions call services instead. */
	get api(): Client {
		if (!this.#api) throw new Error('The client exists only in the browser.');
		return this.#api.client;
	}

	can(right: Right): boolean {
		return this.grants !== null && can(this.grants, right);
	}

	/** The right's absence in words, for `reason` of buttons and commands. */
	missing(right: Right): string | null {
		return this.can(right) ? null : 'Your role does not allow this.';
	}

	/** Follows the feed until the returned function is called. */
	open(): () => void {
		this.feed.start();
		return () => {
			this.feed.stop();
			this.#api?.close();
		};
	}

	/** Loads the village anew; answers the cursor it is true for. */
	async reload(): Promise<number> {
		const snapshot = await this.api.villages.state.query({ villageId: this.village.id });
		this.#show(snapshot);
		return snapshot.cursor;
	}

	/** The org one works in, as one knows it. */
	get org(): Me['orgs'][number] | null {
		return this.me.orgs.find((org) => org.id === this.orgId) ?? null;
	}

	/** Bypasses in force; `now` in milliseconds decides which have ended. */
	runningBypasses(now: number): BypassView[] {
		return this.bypasses.all.filter((one) => !one.endedAt && Date.parse(one.until) > now);
	}

	/** The bypass that answers for a session now. */
	bypassOf(
		session: { id: string; houseId: string | null },
		now: number = Date.now()
	): BypassView | undefined {
		return this.runningBypasses(now).find(
			(one) => one.scopeId === (one.scope === 'session' ? session.id : session.houseId)
		);
	}

	/** Takes a session in, with the approvals it carries: from the feed or as the answer of a call. */
	takeSession(session: SessionView): void {
		if (!this.sessions.put(session)) return;
		for (const approval of session.pendingApprovals) this.approvals.put(approval);
	}

	/** Folds one event. Events carry whole rows, so folding one twice changes nothing. */
	fold(event: FeedEvent): void {
		const { data, type } = event;
		if (data.session) this.takeSession(data.session as SessionView);
		if (data.approval) this.approvals.put(data.approval as ApprovalView);
		if (data.bypass) this.bypasses.put(data.bypass as BypassView);
		if (data.runner) this.runners.put(data.runner as RunnerView);
		if (data.house && ofVillage(data.house, this.village.id))
			this.houses.put(data.house as HouseRow);
		if (data.agent && ofVillage(data.agent, this.village.id))
			this.agents.put(data.agent as AgentRow);
		if (data.checklist) this.checklist = data.checklist as Checklist;
		if (type === 'house.removed') this.#gone(this.houses, event.houseId ?? data.houseId);
		else if (type === 'agent_removed') this.#gone(this.agents, event.agentId ?? data.agentId);
		else if (type === 'runner.deregistered' || type === 'runner.removed')
			this.#gone(this.runners, data.runnerId ?? (data.runner as RunnerView | undefined)?.id);
		else if (type === 'demo.started') this.hasDemo = true;
		else if (type === 'demo.removed') this.hasDemo = false;
	}

	#gone(rows: { remove(id: string): void }, id: unknown): void {
		if (typeof id === 'string') rows.remove(id);
	}

	#show(snapshot: VillageState): void {
		this.village = snapshot.village;
		this.checklist = snapshot.checklist;
		this.hasDemo = snapshot.hasDemo;
		this.houses.reset(snapshot.houses);
		this.agents.reset(snapshot.agents);
		this.runners.reset(snapshot.runners);
		this.sessions.reset(snapshot.sessions);
		this.approvals.reset(snapshot.approvals);
		this.bypasses.reset(snapshot.bypasses);
		this.people.all = snapshot.people;
	}

	#open: OpenFeed = (cursor, handlers) => {
		const subscription = this.api.events.subscribe.subscribe(
			{
				topics: [
					{ kind: 'org', id: this.orgId },
					{ kind: 'village', id: this.village.id }
				],
				presence: true,
				lastEventId: String(cursor)
			},
			{
				onStarted: () => handlers.started(),
				onData: (tracked) => handlers.frame(tracked.data),
				onError: (error) => handlers.ended(error),
				onComplete: () => handlers.ended(null),
				onConnectionStateChange: (state) => {
					if (state.state === 'connecting' && state.error) handlers.interrupted();
				}
			}
		);
		return () => subscription.unsubscribe();
	};
}

function ofVillage(row: unknown, villageId: string): boolean {
	return (row as { villageId?: string }).villageId === villageId;
}

const [get, set] = createContext<Workspace>();
export const setWorkspace = set;
export const getWorkspace = get;
