// The program's own telemetry (OTLP logs as JSON): what calls of the model cost, and who decided about a tool.
import { z } from 'zod';
import type { UsageFigures } from '#protocol/runner/usage-totals.ts';

const Value = z.looseObject({
	stringValue: z.string().optional(),
	intValue: z.union([z.string(), z.number()]).optional(),
	doubleValue: z.number().optional()
});
const Records = z.object({
	resourceLogs: z
		.array(
			z.object({
				scopeLogs: z
					.array(
						z.object({
							logRecords: z
								.array(
									z.object({
										attributes: z.array(z.object({ key: z.string(), value: Value })).default([])
									})
								)
								.default([])
						})
					)
					.default([])
			})
		)
		.default([])
});

/** One event: its name without the prefix, and its attributes as text. */
export interface TelemetryEvent {
	name: string;
	attributes: Record<string, string>;
}

/** The events of one export; nothing when it is not what we know. */
export function eventsOf(body: unknown): TelemetryEvent[] {
	const parsed = Records.safeParse(body);
	if (!parsed.success) return [];
	return parsed.data.resourceLogs
		.flatMap((resource) => resource.scopeLogs.flatMap((scope) => scope.logRecords))
		.map(({ attributes }) => {
			const texts = Object.fromEntries(
				attributes.map(({ key, value }) => [
					key,
					String(value.stringValue ?? value.intValue ?? value.doubleValue ?? '')
				])
			);
			return { name: (texts['event.name'] ?? '').replace(/^claude_code\./, ''), attributes: texts };
		});
}

/** Adds up what calls of the model have cost. Tokens read from a cache are part of `tokensIn`. */
export function createCostMeter(): (events: readonly TelemetryEvent[]) => UsageFigures | null {
	const sum = { tokensIn: 0, tokensOut: 0, cachedTokens: 0, apiCalls: 0, costUsd: 0 };
	return (events) => {
		const calls = events.filter(({ name }) => name === 'api_request');
		for (const { attributes } of calls) {
			const figure = (key: string): number => Math.max(0, Number(attributes[key]) || 0);
			const cached = figure('cache_read_tokens');
			sum.tokensIn += figure('input_tokens') + cached + figure('cache_creation_tokens');
			sum.tokensOut += figure('output_tokens');
			sum.cachedTokens += cached;
			sum.apiCalls += 1;
			sum.costUsd = Math.round((sum.costUsd + figure('cost_usd')) * 1e9) / 1e9;
		}
		return calls.length > 0 ? { ...sum } : null;
	};
}

/** A decision a person made in the program's own dialog; null for all others. */
export function dialogDecision(
	event: TelemetryEvent
): { tool: string; toolUseId: string | null; effect: 'allowed' | 'denied' } | null {
	const { decision, source, tool_name, tool_use_id } = event.attributes;
	if (event.name !== 'tool_decision' || !source?.startsWith('user') || !tool_name) return null;
	return {
		tool: tool_name,
		toolUseId: tool_use_id || null,
		effect: decision === 'accept' ? 'allowed' : 'denied'
	};
}
