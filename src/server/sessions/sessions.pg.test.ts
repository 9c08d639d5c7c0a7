import { expect, test } from 'vitest';
import { testApp } from '#server/testing/app.ts';

test('thirty sessions created at once on several connections never pass the limit together', async () => {
	const t = await testApp({ VILLAGE_MAX_SESSIONS: '12' });
	const operator = await t.caller('operator');
	const results = await Promise.allSettled(
		Array.from({ length: 30 }, () =>
			operator.sessions.create({ orgId: t.orgId, providerId: 'shell' })
		)
	);
	expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(12);
	expect((await operator.sessions.list({ orgId: t.orgId })).total).toBe(12);
});
