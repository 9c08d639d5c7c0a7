// What the admin socket can do, in terms of the app: for the command line of whoever owns the data directory.
import { inArray } from 'drizzle-orm';
import { ACTIVE_STATES } from '#domain/session.ts';
import type { App } from '#server/app.ts';
import { systemActor } from '#server/auth/actor.ts';
import { baseUrl } from '#server/auth/origin.ts';
import { sessions } from '#server/db/schema/sessions.ts';
import { AppError } from '#server/errors.ts';
import { listRunners } from '#server/runners/store.ts';
import { writeBackup } from './backup.ts';
import type { Handlers } from './wire.ts';

const POLL_MS = 100;

export function adminHandlers(app: App, shutdown: () => void): Handlers {
	const actor = { ...systemActor('cli'), transport: 'cli' as const };
	const active = () =>
		app.database.db
			.select({ id: sessions.id, state: sessions.state, demo: sessions.demo })
			.from(sessions)
			.where(inArray(sessions.state, [...ACTIVE_STATES]));

	return {
		status: async () => {
			const readiness = await app.health.readiness();
			return {
				pid: process.pid,
				url: baseUrl(app.config),
				ready: readiness.status === 'ready',
				checks: readiness.checks,
				engine: app.database.engine
			};
		},
		'login-link': async ({ email }) => {
			const link = await app.auth.loginLink(email);
			return { ...link, expiresAt: link.expiresAt.toISOString() };
		},
		'token.create': async ({ role, name }) => app.orgs.cliToken(role, name),
		'user.list': async () => app.orgs.people(),
		'join-code': async ({ label }) => {
			const orgId = await app.orgs.ensureFirstOrg();
			const code = await app.runners.createJoinToken(actor, { orgId, label });
			return { ...code, url: baseUrl(app.config) };
		},
		'runner.list': async () => {
			const orgId = await app.orgs.ensureFirstOrg();
			return (await listRunners(app.database.db, orgId)).map((r) => ({
				id: r.id,
				hostname: r.hostname,
				status: r.status,
				local: r.local,
				used: r.used,
				capacity: r.capacity
			}));
		},
		'runner.mark-local': async ({ runnerId }) => {
			await app.runners.markLocal(runnerId);
			return { ok: true };
		},
		'session.active': active,
		'session.stop-all': async ({ timeoutMs }) => {
			for (const { id } of await active())
				await app.sessions
					.stop(actor, id, { reason: 'The village was shut down.' })
					.catch((error: unknown) => {
						// Ended by itself meanwhile: exactly what was wanted.
						if (!(error instanceof AppError)) throw error;
					});
			const until = app.clock.monotonicMs() + timeoutMs;
			let rest = await active();
			while (rest.length > 0 && app.clock.monotonicMs() < until) {
				await new Promise((resolve) => setTimeout(resolve, POLL_MS));
				rest = await active();
			}
			return { left: rest.length };
		},
		backup: ({ path }) => writeBackup(app, path),
		doctor: async () => ({
			...(await app.health.readiness()),
			engine: app.database.engine,
			node: process.version,
			memory: process.memoryUsage.rss(),
			sockets: Object.fromEntries(app.upgrades.counts())
		}),
		'demo.start': async () => app.demo.start(actor, await app.orgs.ensureFirstOrg()),
		shutdown: async () => {
			setImmediate(shutdown);
			return { ok: true };
		}
	};
}
