// What is too long for a question. Rules answer by what a question carries: what is left out must never be allowed by one.

import { QUESTION_MOST } from '#protocol/approval-words.ts';

/** Ends a command that is cut in a substitution, which people can read and no rule allows (domain/shell-command.ts). */
export function cutCommand(command: string): string {
	if (command.length <= QUESTION_MOST.command) return command;
	const kept = command.slice(0, QUESTION_MOST.command - 60);
	return `${kept} $(… ${command.length - kept.length} more characters are not shown)`;
}

/** Ends what is cut in a step upwards, which no rule allows (domain/approval-rules.ts). */
export function cutPaths(paths: readonly string[]): string[] {
	const shown =
		paths.length <= QUESTION_MOST.paths ? paths : paths.slice(0, QUESTION_MOST.paths - 1);
	const rest = paths.length - shown.length;
	return [
		...shown.map((path) =>
			path.length <= QUESTION_MOST.path ? path : `${path.slice(0, QUESTION_MOST.path - 10)}…/..`
		),
		...(rest > 0 ? [`… and ${rest} more/..`] : [])
	];
}
