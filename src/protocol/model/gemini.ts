// What the fake model reads of a request of the Gemini API. Everything else is taken and left alone.
import { z } from 'zod';

const Part = z.looseObject({
	text: z.string().optional(),
	thought: z.boolean().optional(),
	functionCall: z.looseObject({ name: z.string() }).optional(),
	functionResponse: z.looseObject({ response: z.unknown() }).optional()
});

const Content = z.looseObject({
	role: z.string().optional(),
	parts: z.array(Part).default([])
});

export const GeminiRequest = z.looseObject({
	contents: z.array(Content).min(1),
	systemInstruction: z.union([z.string(), Content]).nullish(),
	tools: z
		.array(
			z.looseObject({
				functionDeclarations: z.array(z.looseObject({ name: z.string() })).optional()
			})
		)
		.default([]),
	generationConfig: z
		.looseObject({
			responseMimeType: z.string().optional(),
			responseJsonSchema: z.unknown().optional(),
			responseSchema: z.unknown().optional()
		})
		.nullish()
});
export type GeminiRequest = z.infer<typeof GeminiRequest>;

/** A question for the number of tokens: the contents alone, or a whole request. */
export const GeminiCount = z.union([
	z.looseObject({ contents: GeminiRequest.shape.contents }),
	z.looseObject({ generateContentRequest: GeminiRequest })
]);
