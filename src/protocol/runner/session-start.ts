// Run this. The runner checks the spec again and answers `session.rejected` with `bad_spec`, so the schema is wide.
import { z } from 'zod';
import { Seq, StreamId, text } from '../envelope.ts';
import { sessionRef } from './streams.ts';

/** Columns of a terminal: 10..500. */
export const Cols = z.number().int().min(10).max(500);
/** Rows of a terminal: 2..300. */
export const Rows = z.number().int().min(2).max(300);
/** Terminal, or lines of a structured provider. */
export const Mode = z.enum(['pty', 'structured']);

export const StartSpec = z.object({
	providerId: text(64),
	mode: Mode.default('pty'),
	model: text(200).optional(),
	task: text(8000).optional(),
	/** A repository to fetch; checked with the rules of domain/repo.ts before any process is started. */
	repo: z.object({ url: text(2000), branch: text(500), commit: text(64).nullish() }).nullish(),
	/** A folder on this runner, below a root its owner allowed. */
	local: z.object({ path: text(2000) }).nullish(),
	/** A worktree of its own (true), or the folder itself. */
	worktree: z.boolean().default(true),
	/** For `custom`: a command line, run by the shell. */
	command: text(8000).nullish(),
	/** For `custom`: a program and its arguments, run without a shell. */
	argv: z.array(text(4000)).max(256).nullish(),
	/** For `scripted`: what the deterministic agent plays (scenario.ts). */
	scenario: z.unknown().optional(),
	/** More variables for the child; forbidden names are refused. */
	env: z.record(z.string(), z.string()).default({}),
	cols: Cols,
	rows: Rows,
	/** Time left until the session is stopped, milliseconds. */
	timeoutMs: z.number().int().min(1),
	/** Versions the house pins, by provider id. */
	versions: z.record(z.string(), z.string()).default({}),
	features: z.array(text(40)).max(32).default([]),
	approvals: z
		.object({
			timeoutMs: z.number().int().min(1000),
			onDeny: z.enum(['continue', 'stop'])
		})
		.default({ timeoutMs: 900_000, onDeny: 'continue' })
});
export type StartSpec = z.infer<typeof StartSpec>;

export const SessionStart = z.object({
	t: z.literal('session.start'),
	seq: Seq,
	...sessionRef,
	/** One per attempt, from a database sequence, never reused. */
	streamId: StreamId,
	/** Only with `onRunnerLost=reschedule`: the host stops the session when the lease is not renewed for this long. */
	leaseMs: z.number().int().min(1000).optional(),
	spec: StartSpec
});
export type SessionStart = z.infer<typeof SessionStart>;
