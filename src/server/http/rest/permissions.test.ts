// Every route against everybody: made from the routes themselves and from the permission matrix, so that neither can grow alone.
import { expect, test } from 'vitest';
import { atLeast, RIGHTS, ROLES } from '#domain/permissions.ts';
import { testApp } from '#server/testing/app.ts';
import { ABSENT, things } from '#server/trpc/testing/calls.ts';
import { ROUTES } from './routes.ts';
import { ROUTE_MATRIX } from './testing/calls.ts';
import { restServer } from './testing/server.ts';

/** Answers that a right never changes: the call was let in and met the state of things. */
const STRANGERS = /_NOT_FOUND$|^UNAUTHENTICATED$|^FORBIDDEN$|^INTERNAL_ERROR$|^VALIDATION_ERROR$/;
const LIMITS = { VILLAGE_MAX_SESSIONS: '1000' };

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const names = ROUTES.map(nameOf);

test('every route has its place in the matrix with its right, and the matrix names no other', () => {
	expect(Object.keys(ROUTE_MATRIX).toSorted()).toEqual(names.toSorted());
	for (const route of ROUTES) expect(ROUTE_MATRIX[nameOf(route)]!.right).toBe(route.right);
});

test('whoever is not signed in is told so by every route, with how to sign in', async () => {
	const rest = await restServer(await testApp());
	for (const name of names) {
		const { path, body } = ROUTE_MATRIX[name]!;
		for (const bearer of [undefined, 'Bearer avu_nonsense', 'Basic eDp5']) {
			const answer = await rest.ask(name.split(' ')[0]!, path(ABSENT), {
				...(bearer ? { bearer } : {}),
				body: body?.(ABSENT)
			});
			expect([name, answer.status, answer.body.error.code]).toEqual([name, 401, 'UNAUTHENTICATED']);
			expect(answer.headers.get('www-authenticate')).toBe('Bearer');
		}
	}
});

for (const role of ROLES)
	test(`a ${role} may call what the matrix says, and is told FORBIDDEN for the rest`, async () => {
		const t = await testApp(LIMITS);
		const rest = await restServer(t);
		const bearer = await t.bearer(role);
		const wrong: string[] = [];
		for (const name of names) {
			const { right, path, body } = ROUTE_MATRIX[name]!;
			const mine = await things(t);
			const answer = await rest.ask(name.split(' ')[0]!, path(mine), {
				bearer,
				body: body?.(mine)
			});
			const code: string = answer.body.error?.code ?? 'ok';
			const fine = atLeast(role, RIGHTS[right]) ? !STRANGERS.test(code) : code === 'FORBIDDEN';
			if (!fine) wrong.push(`${name}: ${code} ${answer.body.error?.message}`);
		}
		expect(wrong).toEqual([]);
	}, 60_000);

test('the owner of another org is told of every object exactly what is told of absent ones', async () => {
	const t = await testApp(LIMITS);
	const rest = await restServer(t);
	const { bearer } = await t.otherOrg();
	for (const name of names) {
		const { path, body } = ROUTE_MATRIX[name]!;
		const mine = await things(t);
		const [method] = name.split(' ') as [string];
		const foreign = await rest.ask(method, path(mine), { bearer, body: body?.(mine) });
		const absent = await rest.ask(method, path(ABSENT), { bearer, body: body?.(ABSENT) });
		expect([name, foreign.status]).toEqual([name, 404]);
		expect([foreign.status, foreign.body.error]).toEqual([absent.status, absent.body.error]);
	}
}, 60_000);

test('a token that may only read starts, types and answers nothing, whatever its role', async () => {
	const t = await testApp(LIMITS);
	const rest = await restServer(t);
	const { id } = await t.actor('owner');
	const { clear } = await t.app.database.db.transaction((tx) =>
		t.app.auth.tokens.createToken(tx, {
			userId: id,
			name: 'reader',
			maxRole: 'owner',
			scopes: ['read'],
			now: new Date()
		})
	);
	const mine = await things(t);
	for (const name of names) {
		const { path, body } = ROUTE_MATRIX[name]!;
		const [method] = name.split(' ') as [string];
		const answer = await rest.ask(method, path(mine), {
			bearer: `Bearer ${clear}`,
			body: body?.(mine)
		});
		expect([name, answer.body.error?.code ?? 'ok']).toEqual([
			name,
			method === 'GET' ? 'ok' : 'FORBIDDEN'
		]);
	}
});
