// Every procedure. The browser and typed clients import only its type.
import { accountRouter } from './account.ts';
import { approvalsRouter } from './approvals.ts';
import { eventsRouter } from './events.ts';
import { orgsRouter } from './orgs.ts';
import { runnersRouter } from './runners.ts';
import { sessionsRouter } from './sessions.ts';
import { tokensRouter } from './tokens.ts';
import { createCallerFactory, router } from './trpc.ts';
import {
	agentsRouter,
	checklistRouter,
	demoRouter,
	housesRouter,
	villagesRouter
} from './villages.ts';

export const appRouter = router({
	account: accountRouter,
	agents: agentsRouter,
	approvals: approvalsRouter,
	checklist: checklistRouter,
	demo: demoRouter,
	events: eventsRouter,
	houses: housesRouter,
	orgs: orgsRouter,
	runners: runnersRouter,
	sessions: sessionsRouter,
	tokens: tokensRouter,
	villages: villagesRouter
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
export type Caller = ReturnType<typeof createCaller>;
