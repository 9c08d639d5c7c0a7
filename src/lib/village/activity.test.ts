import { expect, test } from 'vitest';
import type { FeedEvent } from '#domain/views.ts';
import { activityLines } from './activity.ts';
import { approvalRow } from './testing/rows.ts';

function event(id: number, type: string, data: Record<string, unknown>): FeedEvent {
	return {
		id,
		type,
		stream: 'session:s',
		seq: id,
		villageId: 'meadow',
		houseId: null,
		agentId: 'ada',
		sessionId: 's',
		actor: 'u',
		at: '2026-03-01T12:00:00.000Z',
		data
	};
}
const session = (more: Record<string, unknown>) => ({
	session: {
		agentName: 'Ada',
		taskSummary: 'fix the oven',
		exitCode: null,
		exitSignal: null,
		...more
	}
});

test('a day reads as sentences, newest first', () => {
	const asked = approvalRow('p', 'Ada', { summary: 'Merge PR 7?' });
	const lines = activityLines(
		[
			event(1, 'session.created', session({ state: 'CREATED' })),
			event(2, 'session.state_changed', session({ state: 'RUNNING' })),
			event(3, 'approval.requested', { approval: asked }),
			event(4, 'approval.resolved', {
				approval: {
					...asked,
					status: 'allowed',
					resolvedBy: { kind: 'user', id: 'u', name: 'Grace', via: 'web' }
				}
			}),
			event(5, 'session.ended', session({ state: 'FAILED', exitCode: 1 }))
		],
		10
	);
	expect(lines.map((line) => `${line.who} ${line.what}`)).toEqual([
		'Ada failed, exit 1',
		'Ada Merge PR 7?: allowed by Grace',
		'Ada asked: Merge PR 7?',
		'Ada began: fix the oven'
	]);
	expect(lines[0]!.tone).toBe('danger');
});

test('an event that was loaded and also came live is one line', () => {
	const twice = event(1, 'session.created', session({ state: 'CREATED' }));
	expect(activityLines([twice, twice], 10)).toHaveLength(1);
});

test('the list ends at its limit', () => {
	const many = Array.from({ length: 30 }, (_, i) => ({
		...event(i, 'session.created', session({ state: 'CREATED' })),
		sessionId: `s${i}`
	}));
	expect(activityLines(many, 5).map((line) => line.id)).toEqual([29, 28, 27, 26, 25]);
});
