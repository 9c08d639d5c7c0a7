import { expect, test } from 'vitest';
import type { FeedEvent } from '#domain/views.ts';
import { timelineLine } from './timeline.ts';

const event = (type: string, data: Record<string, unknown>): FeedEvent => ({
	id: 1,
	type,
	stream: 's',
	seq: 1,
	villageId: null,
	houseId: null,
	agentId: null,
	sessionId: 's1',
	actor: 'u1',
	at: '2026-01-01T00:00:00.000Z',
	data
});
const say = (type: string, data: Record<string, unknown> = {}) =>
	timelineLine(event(type, data), (id) => (id === 'u1' ? 'Ada' : null));

test('what a person did names the person', () => {
	expect(say('session.created')?.text).toBe('Created by Ada');
	expect(say('session.state_changed', { newState: 'PAUSED_BY_HUMAN' })?.text).toBe('Paused by Ada');
});

test('an end says state, exit and how long it took', () => {
	const end = { finalState: 'FAILED', exitCode: 3, exitSignal: null, durationMs: 61_000 };
	expect(say('session.ended', end)?.text).toBe('Failed, exit 3 after 1m 1s of work');
});

test('a failed command is told apart from one that worked', () => {
	const run = (exitCode: number) =>
		say('session.work', { event: { kind: 'command', command: 'make', exitCode } });
	expect(run(0)).toMatchObject({ text: 'Ran a command', detail: 'make' });
	expect(run(2)).toMatchObject({ text: 'A command failed, exit 2', detail: 'make' });
});

test('events that repeat what another says, and unknown ones, give no line', () => {
	expect(say('session.state_changed', { newState: 'RUNNING' })).toBeNull();
	expect(say('session.usage')).toBeNull();
	expect(say('something.new')).toBeNull();
});
