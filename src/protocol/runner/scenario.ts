// What the scripted agent plays: a deterministic agent that is a real process in a real terminal (demo, tests).
import { z } from 'zod';
import { text } from '../envelope.ts';
import { ApprovalAction } from './approval-request.ts';
import { WorkReport } from './work-event.ts';

const pace = z.number().min(0).max(10_000);

/** One step. Paths are relative to the folder the session runs in and may not leave it. */
export const ScenarioStep = z.discriminatedUnion('do', [
	/** Prints a line, as an agent that tells what it thinks. */
	z.object({
		do: z.literal('say'),
		text: text(4000),
		kind: z.enum(['message', 'thinking', 'plan']).default('message')
	}),
	/** Prints text at a human pace. */
	z.object({ do: z.literal('type'), text: text(4000), msPerChar: pace.default(18) }),
	z.object({ do: z.literal('read'), path: text(500) }),
	z.object({ do: z.literal('write'), path: text(500), content: text(64_000) }),
	/** Replaces the first occurrence of `find`; ends with an error when there is none. */
	z.object({
		do: z.literal('edit'),
		path: text(500),
		find: text(16_000).min(1),
		replace: text(16_000)
	}),
	/** Runs a real child without a shell. `expect` is its exit code, null for any. */
	z.object({
		do: z.literal('run'),
		argv: z.array(text(4000)).min(1).max(64),
		test: z.boolean().default(false),
		expect: z.number().int().nullable().default(0)
	}),
	/** Asks through `village ask` and blocks; `onDeny` says how it goes on after anything but an allow. */
	z.object({
		do: z.literal('ask'),
		action: ApprovalAction,
		summary: text(500).min(1),
		onDeny: z.enum(['continue', 'skip', 'exit']).default('continue'),
		/** For `skip`: how many following steps are left out. */
		skip: z.number().int().min(0).max(100).default(1)
	}),
	z.object({ do: z.literal('sleep'), ms: z.number().int().min(0).max(3_600_000) }),
	/** Waits for a line typed into the terminal. */
	z.object({ do: z.literal('read_line'), prompt: text(500).default('> ') }),
	/** Reports something without doing it, for what no step does. */
	z.object({ do: z.literal('report'), event: WorkReport }),
	/** Goes back to a step, counted from 0, at most `times` times (0: for ever). */
	z.object({
		do: z.literal('repeat'),
		from: z.number().int().min(0),
		times: z.number().int().min(0).max(1_000_000)
	}),
	z.object({ do: z.literal('exit'), code: z.number().int().min(0).max(255) })
]);
export type ScenarioStep = z.infer<typeof ScenarioStep>;

export const Scenario = z.object({
	title: text(200).default('Scripted agent'),
	/** 1 is as written, 0 is without any waiting. */
	speed: z.number().min(0).max(100).default(1),
	steps: z.array(ScenarioStep).min(1).max(1000)
});
export type Scenario = z.infer<typeof Scenario>;
/** A scenario as it is written: defaults may be left out. */
export type ScenarioInput = z.input<typeof Scenario>;
