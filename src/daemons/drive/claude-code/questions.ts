// Questions that are open in the program, and how it is noticed that its own dialog was answered first.
import type { OpenQuestion } from '../../session-door/ask.ts';
import type { HookInput, PermissionInput } from './hook-input.ts';

interface Open {
	/** Tool and input: all that a question and what follows it have in common. */
	key: string;
	tool: string;
	toolUseId: string | null;
	question: OpenQuestion;
}

export interface Questions {
	/** Notes a use of a tool, which a question of the same tool and input belongs to. */
	announced(event: Extract<HookInput, { hook_event_name: 'PreToolUse' }>): void;
	/** A question that was asked; remembered until it has an outcome. */
	add(request: PermissionInput, question: OpenQuestion): void;
	/** The tool was used, or its use failed: whoever asked about it was allowed, elsewhere. */
	used(event: { tool_name: string; tool_input: object; tool_use_id?: string | undefined }): void;
	/** The program says how its dialog was answered. */
	decided(tool: string, toolUseId: string | null, effect: 'allowed' | 'denied'): void;
	/** The turn is over: what is still open was answered, and nobody says how. */
	turnOver(): void;
	readonly open: number;
}

const keyOf = (tool: string, input: object): string => `${tool} ${JSON.stringify(input)}`;
/** Announced uses that no question has claimed; most uses need none. */
const MAX_ANNOUNCED = 100;

export function createQuestions(): Questions {
	let open: Open[] = [];
	const announced: { key: string; toolUseId: string }[] = [];

	function settle(one: Open | undefined, effect: 'allowed' | 'denied' | 'indeterminate'): void {
		if (!one) return;
		open = open.filter((other) => other !== one);
		one.question.answeredElsewhere(effect);
	}

	return {
		announced({ tool_name, tool_input, tool_use_id }) {
			if (!tool_use_id) return;
			announced.push({ key: keyOf(tool_name, tool_input), toolUseId: tool_use_id });
			if (announced.length > MAX_ANNOUNCED) announced.shift();
		},
		add(request, question) {
			const key = keyOf(request.tool_name, request.tool_input);
			const at = announced.findIndex((one) => one.key === key);
			const [use] = at < 0 ? [] : announced.splice(at, 1);
			const one = { key, tool: request.tool_name, toolUseId: use?.toolUseId ?? null, question };
			open.push(one);
			void question.outcome.then(() => (open = open.filter((other) => other !== one)));
		},
		used({ tool_name, tool_input, tool_use_id }) {
			const key = keyOf(tool_name, tool_input);
			const byId = open.find((one) => one.toolUseId !== null && one.toolUseId === tool_use_id);
			settle(byId ?? open.find((one) => one.key === key), 'allowed');
		},
		decided(tool, toolUseId, effect) {
			const byId = open.find((one) => one.toolUseId !== null && one.toolUseId === toolUseId);
			const ofTool = open.filter((one) => one.tool === tool);
			// Without an id only a single question of that tool can be meant.
			settle(byId ?? (ofTool.length === 1 ? ofTool[0] : undefined), effect);
		},
		turnOver() {
			for (const one of open) settle(one, 'indeterminate');
		},
		get open() {
			return open.length;
		}
	};
}
