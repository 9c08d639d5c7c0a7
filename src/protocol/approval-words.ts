// What an approval may be about: one list for the wire, the rules and the pages. No schema, so that whoever only names
// them needs no validator.

/** What somebody wants to do, from the point of view of whoever answers. */
export const APPROVAL_ACTIONS = [
	'merge',
	'deps_add',
	'secrets',
	'deploy',
	'shell',
	'network',
	'file_write',
	'tool',
	'custom'
] as const;
export type ApprovalAction = (typeof APPROVAL_ACTIONS)[number];

/** What kind of thing is shown with the question. */
export const APPROVAL_KINDS = [
	'command',
	'file',
	'network',
	'question',
	'plan',
	'tool',
	'action'
] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

export const RISKS = ['low', 'medium', 'high'] as const;
export type Risk = (typeof RISKS)[number];

/** Most that a question carries: characters of a command, paths, characters of a path. What is longer is cut by who asks. */
export const QUESTION_MOST = { command: 8_000, paths: 200, path: 1_000 } as const;
