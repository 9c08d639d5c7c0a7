// What the fake model says, request by request: the file behind `village fake-model --scenario`.
import { z } from 'zod';
import { text } from '../envelope.ts';
import { json } from '../json.ts';

/** A regular expression as text, case and lines as written. */
const pattern = z.string().min(1).max(500).refine(compiles, 'is not a regular expression');

function compiles(source: string): boolean {
	try {
		return new RegExp(source, 'u').test('') || true;
	} catch {
		return false;
	}
}

/** The protocol a request came over, named for whose it is. */
export const ModelWire = z.enum(['anthropic', 'openai', 'gemini']);
export type ModelWire = z.infer<typeof ModelWire>;

/** All that is given must hold. */
export const ModelMatch = z.strictObject({
	/** Found in what the user wrote last. */
	text: pattern.optional(),
	/** Found in a result of the tools that the model called last; never holds when there is none. */
	toolResult: pattern.optional(),
	/** How often the model has answered in this conversation, from 0. */
	turn: z.number().int().min(0).max(10_000).optional(),
	wire: ModelWire.optional()
});
export type ModelMatch = z.infer<typeof ModelMatch>;

const path = text(1000).min(1);
const body = text(64_000);

/**
 * A call of a tool, in words that no vendor owns; told to each program in the tools it offers. A relative path starts
 * at the folder the program says it works in.
 */
export const ModelAction = z.discriminatedUnion('do', [
	z.strictObject({
		do: z.literal('shell'),
		command: text(4000).min(1),
		description: text(200).default('Run a command')
	}),
	z.strictObject({ do: z.literal('write'), path, content: body }),
	z.strictObject({ do: z.literal('edit'), path, find: body.min(1), replace: body }),
	z.strictObject({ do: z.literal('read'), path }),
	/** A plan, one step a line. */
	z.strictObject({ do: z.literal('plan'), text: text(16_000).min(1) }),
	z.strictObject({
		do: z.literal('question'),
		question: text(500).min(1),
		header: text(12).min(1).default('Question'),
		options: z.array(text(100).min(1)).min(2).max(4)
	}),
	/** A tool by the vendor's own name with its own input, passed on as it is. A string is the input of a free-form tool. */
	z.strictObject({ do: z.literal('call'), name: text(128).min(1), input: json() })
]);
export type ModelAction = z.infer<typeof ModelAction>;

/** Tokens of one answer; what is left out is estimated from its length. */
export const ModelUsage = z.strictObject({
	input: z.number().int().min(0).max(100_000_000).optional(),
	output: z.number().int().min(0).max(100_000_000).optional(),
	/** Part of `input` that was read from a cache. */
	cached: z.number().int().min(0).max(100_000_000).optional()
});
export type ModelUsage = z.infer<typeof ModelUsage>;

const delay = z.number().int().min(0).max(600_000);

/** An answer that is a refusal. Programs try again after all of these but `invalid` and `unauthorized`. */
export const ModelFailure = z.strictObject({
	kind: z.enum(['rate_limited', 'overloaded', 'failed', 'invalid', 'unauthorized']),
	message: text(500).min(1).default('The scenario says so.'),
	/** Seconds; sent as `retry-after`. */
	retryAfter: z.number().int().min(0).max(3600).optional()
});
export type ModelFailure = z.infer<typeof ModelFailure>;

/** One answer: its parts in the order they are sent. */
export const ModelReply = z
	.strictObject({
		thinking: text(16_000).min(1).optional(),
		text: text(64_000).min(1).optional(),
		actions: z.array(ModelAction).max(16).default([]),
		usage: ModelUsage.default({}),
		/** Milliseconds before the first byte, and between the pieces of a streamed answer. */
		delayMs: delay.default(0),
		pieceMs: delay.default(0),
		/** The connection breaks off after this many events of a stream; an answer in one piece is cut in the middle. */
		cutAfter: z.number().int().min(0).max(10_000).optional(),
		error: ModelFailure.optional()
	})
	.refine(
		({ error, thinking, text, actions }) =>
			(error !== undefined) !==
			(thinking !== undefined || text !== undefined || actions.length > 0),
		'needs something to say, or an error, and not both'
	);
export type ModelReply = z.infer<typeof ModelReply>;

export const ModelTurn = z.strictObject({
	match: ModelMatch.default({}),
	/** How often it may be played in one conversation; 0 without end. */
	times: z.number().int().min(0).max(1_000_000).default(1),
	reply: ModelReply
});
export type ModelTurn = z.infer<typeof ModelTurn>;

/** Each request plays the first turn that matches and is not used up in its conversation. */
export const ModelScenario = z.strictObject({
	title: text(200).default('Fake model'),
	turns: z.array(ModelTurn).max(1000).default([]),
	/** When no turn is left. */
	otherwise: ModelReply.default({
		text: 'There is nothing more to do.',
		actions: [],
		usage: {},
		delayMs: 0,
		pieceMs: 0
	})
});
export type ModelScenario = z.infer<typeof ModelScenario>;
/** A scenario as it is written: defaults may be left out. */
export type ModelScenarioInput = z.input<typeof ModelScenario>;
