// What is too long for a question. Rules answer by what a question carries: what is left out must never be allowed by one.

/** Most characters of a command, paths, and characters of a path; those of protocol/host/ask.ts. */
const COMMAND_CHARS = 8000;
const MAX_PATHS = 200;
const PATH_CHARS = 1000;

/** Ends a command that is cut in a substitution, which people can read and no rule allows (domain/shell-command.ts). */
export function cutCommand(command: string): string {
	if (command.length <= COMMAND_CHARS) return command;
	const kept = command.slice(0, COMMAND_CHARS - 60);
	return `${kept} $(… ${command.length - kept.length} more characters are not shown)`;
}

/** Ends what is cut in a step upwards, which no rule allows (domain/approval-rules.ts). */
export function cutPaths(paths: readonly string[]): string[] {
	const shown = paths.length <= MAX_PATHS ? paths : paths.slice(0, MAX_PATHS - 1);
	const rest = paths.length - shown.length;
	return [
		...shown.map((path) =>
			path.length <= PATH_CHARS ? path : `${path.slice(0, PATH_CHARS - 10)}…/..`
		),
		...(rest > 0 ? [`… and ${rest} more/..`] : [])
	];
}
