// Every subcommand: one line for the overview, and the file it lives in, loaded only when it is called.

/** What a subcommand's file exports. */
interface Command {
	run(argv: string[]): Promise<number>;
}

interface Entry {
	summary: string;
	/** Left out of the overview: called by programs, not by people. */
	internal?: boolean;
	load: () => Promise<Command>;
}

export const COMMANDS: Record<string, Entry> = {
	up: {
		summary: 'start everything on this machine: server, runner, and a sign-in link',
		load: () => import('./up.ts')
	},
	serve: { summary: 'start the server alone', load: () => import('./serve.ts') },
	runner: {
		summary: 'join | start | status | drain | leave: let this machine run sessions',
		load: () => import('./runner.ts')
	},
	attach: {
		summary: 'show a session in this terminal and type in it',
		load: () => import('./attach.ts')
	},
	ask: {
		summary: 'ask the people of the village from inside a session',
		load: () => import('./ask.ts')
	},
	acp: {
		summary: 'talk to an agent of the Agent Client Protocol inside a session',
		load: () => import('./acp.ts')
	},
	token: { summary: 'create: a token for scripts', load: () => import('./token.ts') },
	'login-link': { summary: 'print a one-time sign-in link', load: () => import('./login-link.ts') },
	backup: { summary: 'write everything into one file', load: () => import('./backup.ts') },
	restore: { summary: 'bring a backup back', load: () => import('./restore.ts') },
	migrate: { summary: 'bring the database up to date', load: () => import('./migrate.ts') },
	doctor: { summary: 'say what is wrong here, and what to do', load: () => import('./doctor.ts') },
	'fake-model': {
		summary: 'a model server on this machine that says what a file says',
		load: () => import('./fake-model.ts')
	},
	'session-host': {
		summary: 'hold the processes of sessions',
		internal: true,
		load: () => import('./session-host.ts')
	},
	drive: {
		summary: 'run an agent inside a session',
		internal: true,
		load: () => import('./drive.ts')
	},
	'scripted-agent': {
		summary: 'play a scenario',
		internal: true,
		load: () => import('./scripted-agent.ts')
	}
};

/** What `village --help` prints. */
export function overview(): string {
	const shown = Object.entries(COMMANDS).filter(([, entry]) => !entry.internal);
	const width = Math.max(...shown.map(([name]) => name.length));
	const lines = shown.map(([name, entry]) => `  ${name.padEnd(width)}  ${entry.summary}`);
	return [
		'Usage: village COMMAND [options]',
		'',
		...lines,
		'',
		'village COMMAND --help tells more. village --version prints the version.',
		''
	].join('\n');
}
