// The composition root: opens everything in order, hands out what each needs, closes in reverse.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createAgentCommands, type AgentCommands } from './agents/commands.ts';
import { createAgents, type Agents } from './agents/service.ts';
import { openAdminSocket } from './admin/socket.ts';
import { createApprovals, type Approvals } from './approvals/service.ts';
import { pruneAudit } from './audit/service.ts';
import type { Actor } from './auth/actor.ts';
import { headerReader } from './auth/headers.ts';
import { baseUrl } from './auth/origin.ts';
import { openAuth, type Auth } from './auth/service.ts';
import { createMemoryBus, type Bus } from './bus/memory.ts';
import { runnersByStatus, sessionsByState } from './census.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config.ts';
import { migrate } from './db/migrate.ts';
import { openDatabase, type Database } from './db/open.ts';
import { createDemo, realDemoRoot, type Demo } from './demo/service.ts';
import { createEventLog, type EventLog } from './events/log.ts';
import { createFeed, type Feed } from './events/feed.ts';
import { createRetention } from './events/retention.ts';
import { createHealth, type Health } from './health/service.ts';
import { createLog, type Logger } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openAccount, type Account } from './orgs/account.ts';
import { openOrgs, type Orgs } from './orgs/service.ts';
import { openPresence, type Presence } from './presence/presence.ts';
import { DEFAULT_RUNNER_TIMINGS } from './runners/wire.ts';
import { createRunnerLinks, type RunnerLinks } from './runners/links.ts';
import { createRunners, type Runners } from './runners/service.ts';
import { loadSecret } from './secret.ts';
import { createSessionFrames } from './sessions/frames.ts';
import { createReaper, type Reaper } from './sessions/reaper.ts';
import { createScheduler, type Scheduler } from './sessions/scheduler.ts';
import { createEnvSeal } from './sessions/sealed-env.ts';
import { createSessions, type Sessions } from './sessions/service.ts';
import { createSendReview, type SendReview } from './sessions/review.ts';
import { createSetPolicy, type SetSessionPolicy } from './sessions/policy.ts';
import { createTransition } from './sessions/transition.ts';
import { createClientDoor, type ClientDoorTimings } from './sockets/client.ts';
import { findAsked } from './approvals/store.ts';
import { createRunnerDoor } from './sockets/runner.ts';
import { createTerminalDoor } from './sockets/terminal.ts';
import { createTrpcDoor } from './sockets/trpc.ts';
import { createUpgrades, type Upgrades } from './sockets/upgrade.ts';
import { createVillageDoor } from './sockets/village.ts';
import { openTerminals } from './terminals/open.ts';
import type { Terminals } from './terminals/types.ts';
import { createIdempotency, type Idempotency } from './trpc/idempotency.ts';
import { adminHandlers } from './admin/handlers.ts';
import { createHouseChecks } from './villages/checks.ts';
import { createNewcomers, type Newcomers } from './villages/newcomers.ts';
import { createVillages, type Villages } from './villages/service.ts';
import { createQuestions } from './workspaces/questions.ts';
import { createWorkspaces, type Workspaces } from './workspaces/service.ts';

export interface App {
	readonly config: Config;
	readonly log: Logger;
	readonly clock: Clock;
	readonly database: Database;
	readonly bus: Bus;
	readonly events: EventLog;
	readonly feed: Feed;
	readonly auth: Auth;
	readonly orgs: Orgs;
	readonly account: Account;
	readonly idempotency: Idempotency;
	readonly links: RunnerLinks;
	readonly terminals: Terminals;
	readonly agents: Agents;
	readonly agentCommands: AgentCommands;
	readonly sessions: Sessions;
	readonly approvals: Approvals;
	readonly setSessionPolicy: SetSessionPolicy;
	readonly workspaces: Workspaces;
	readonly sendReview: SendReview;
	readonly runners: Runners;
	readonly scheduler: Scheduler;
	readonly reaper: Reaper;
	readonly villages: Villages;
	readonly newcomers: Newcomers;
	readonly presence: Presence;
	readonly demo: Demo;
	readonly metrics: Metrics;
	readonly health: Health;
	readonly upgrades: Upgrades;
	/** New per process, told to runners. */
	readonly serverId: string;
	/** Sockets first, then timers, then files, the database last. */
	close(): Promise<void>;
}

/** What a test may replace. */
export interface AppOptions {
	clock?: Clock;
	log?: Logger;
	template?: string;
	/** Numbers of the `/ws` door that a test wants smaller. */
	clientTimings?: Partial<ClientDoorTimings>;
	/** Asks the process to end, from the admin socket. */
	onShutdown?: () => void;
}

const SWEEP_MS = 15_000;

/** Opens the whole server. Throws `DatabaseInUseError` when another process has the database. */
export async function openApp(config: Config, options: AppOptions = {}): Promise<App> {
	const clock = options.clock ?? systemClock;
	const log = options.log ?? createLog(config.logLevel);
	const database = await openDatabase(config, {
		...(options.template ? { template: options.template } : {}),
		onFirstStart: () => log.info('preparing the database (first start, a few seconds)')
	});
	const closers: (() => Promise<void> | void)[] = [() => database.close()];
	try {
		const applied = await migrate(database);
		if (applied > 0) log.info({ applied }, 'migrations applied');
		const secret = loadSecret(config);
		const serverId = randomUUID();
		const scaled = (ms: number) => Math.max(20, ms * config.timeScale);

		const bus = createMemoryBus((error) => log.error({ err: error }, 'a bus listener failed'));
		const events = createEventLog({ database, bus, clock });
		const feed = createFeed({ log: events, bus });
		const auth = openAuth({ database, clock, log, config, secret });
		const orgs = openOrgs({
			database,
			events,
			auth,
			clock,
			config,
			newSeed: () => randomBytes(8).toString('hex')
		});
		await orgs.ensureFirstOrg();
		const account = openAccount({ database, auth, clock });
		const idempotency = createIdempotency({ database, clock });
		closers.push(
			() => auth.close(),
			() => feed.close()
		);

		const links = createRunnerLinks();
		const terminals = openTerminals({ database, log, clock, dataDir: config.dataDir, port: links });
		closers.push(() => terminals.close());
		const agents = createAgents({ db: database.db, log: events, clock });
		const transition = createTransition({ agents, links, terminals, bus, clock });
		const envSeal = createEnvSeal(secret);
		const sessions = createSessions({
			database,
			clock,
			log: events,
			bus,
			links,
			terminals,
			agents,
			transition,
			envSeal,
			limits: orgs.limits
		});
		links.onResize = (sessionId, attempt, cols, rows) => {
			sessions
				.resize(sessionId, attempt, cols, rows)
				.catch((error: unknown) => log.warn({ err: error, sessionId }, 'a resize was not sent'));
		};
		const approvals = createApprovals({
			database,
			clock,
			log: events,
			links,
			agents,
			transition,
			limits: orgs.limits
		});
		const questions = createQuestions({ clock, links });
		const workspaces = createWorkspaces({ database, clock, log: events, sessions, questions });
		const houseChecks = createHouseChecks({ clock, log: events, links });
		const runners = createRunners({
			database,
			clock,
			log: events,
			bus,
			links,
			agents,
			transition,
			limits: orgs.limits,
			houseChecks,
			publicUrl: () => baseUrl(config)
		});
		const frames = createSessionFrames({
			clock,
			log: events,
			logger: log,
			links,
			terminals,
			agents,
			approvals,
			transition,
			sessions
		});
		await runners.startUp();
		await agents.rebuild();
		const scheduler = createScheduler({
			database,
			clock,
			log: events,
			logger: log,
			bus,
			links,
			terminals,
			transition,
			envSeal,
			limits: orgs.limits
		});
		const reaper = createReaper({
			database,
			clock,
			log: events,
			logger: log,
			links,
			terminals,
			approvals,
			runners,
			agents,
			transition,
			retention: createRetention({
				database,
				clock,
				sweepKeys: () => idempotency.sweep(),
				pruneAudit: (orgId, before) => pruneAudit(database.db, orgId, before)
			}),
			limits: orgs.limits,
			everyMs: scaled(SWEEP_MS)
		});
		closers.push(
			() => scheduler.close(),
			() => reaper.close()
		);

		const presence = openPresence({ clock });
		closers.push(() => presence.close());
		const newcomers = createNewcomers({ database });
		const villages = createVillages({
			database,
			clock,
			log: events,
			newcomers,
			limits: orgs.limits,
			checks: houseChecks,
			people: (villageId) => presence.people(villageId),
			ownFolders: [realDemoRoot(config.dataDir)]
		});
		const demo = createDemo({
			database,
			clock,
			log: events,
			config,
			sessions,
			villages,
			transition,
			links
		});

		const authenticate = (request: IncomingMessage): Promise<Actor | null> => {
			const header = headerReader(request.headers);
			return auth.actorFromRequest({
				header,
				cookieAllowed: auth.origins.cookieCountsOnUpgrade(header),
				transport: 'ws',
				ip: request.socket.remoteAddress ?? null
			});
		};
		const metrics: Metrics = createMetrics({
			sessionsByState: () => sessionsByState(database),
			runnersByStatus: () => runnersByStatus(database),
			approvalsPending: () => approvals.pending(),
			sockets: () => upgrades.counts(),
			persistQueueBytes: () => terminals.stats.persistQueueBytes,
			terminalViewers: () => ({
				viewers: terminals.stats.viewers,
				lagging: terminals.stats.laggingViewers
			})
		});
		closers.push(() => metrics.close());
		const upgrades: Upgrades = createUpgrades({
			log,
			originAllowed: (origin, request) => auth.origins.allowed(origin, request.headers.host),
			onRefused: (path, code) => metrics.rejected(path, code),
			doors: [
				createTrpcDoor({ app: () => app, revocations: auth.revocations, authenticate }),
				createRunnerDoor({
					database,
					clock,
					log: events,
					logger: log,
					serverId,
					links,
					runners,
					frames,
					approvals,
					terminals,
					transition,
					houseChecks,
					questions,
					timings: DEFAULT_RUNNER_TIMINGS,
					onRejected: (code) => metrics.rejected('/ws/runner', code)
				}),
				createTerminalDoor({
					authenticate,
					session: (actor, sessionId) => sessions.demandSession(actor, sessionId),
					terminals,
					revocations: auth.revocations,
					log,
					onTyping: (actor, session) => {
						sessions
							.typing(actor, session)
							.catch((error: unknown) => log.error({ err: error }, 'typing is not on record'));
					}
				}),
				createClientDoor({
					feed,
					log: events,
					logger: log,
					terminals,
					auth,
					sessions,
					runners,
					askedIn: (sessionId, ids) => findAsked(database.db, sessionId, ids),
					onRefused: (code) => metrics.rejected('/ws', code),
					timings: options.clientTimings
				}),
				createVillageDoor({
					presence,
					clock,
					revocations: auth.revocations,
					authenticate,
					orgOfVillage: (id) => villages.orgOf(id)
				})
			]
		});
		const health = createHealth({ database, scheduler, reaper, terminals });

		const app: App = {
			config,
			log,
			clock,
			database,
			bus,
			events,
			feed,
			auth,
			orgs,
			account,
			idempotency,
			links,
			terminals,
			agents,
			agentCommands: createAgentCommands({ ...auth, db: database.db, clock, sessions }),
			sessions,
			approvals,
			setSessionPolicy: createSetPolicy({ clock, log: events, approvals }),
			workspaces,
			sendReview: createSendReview({ database, clock, log: events, sessions, terminals }),
			runners,
			scheduler,
			reaper,
			villages,
			newcomers,
			presence,
			demo,
			metrics,
			health,
			upgrades,
			serverId,
			async close() {
				health.drain();
				links.stopping = true;
				await upgrades.close();
				for (const close of closers.toReversed()) await close();
			}
		};
		if (!config.inMemory) {
			const admin = await openAdminSocket({
				dataDir: config.dataDir,
				handlers: adminHandlers(app, options.onShutdown ?? (() => {})),
				log
			});
			closers.push(() => admin.close());
		}
		await scheduler.run();
		return app;
	} catch (error) {
		for (const close of closers.toReversed()) await close();
		throw error;
	}
}
