// What the runner must know of one kind of agent: how it is found, and what is started for a session.
import type { Level } from '#domain/provider.ts';
import type { ProviderId } from '#domain/provider.ts';
import type { ProviderReport } from '#protocol/runner/provider-report.ts';
import type { StartSpec } from '#protocol/runner/session-start.ts';

/** What can be done with a session of this kind beyond its terminal. */
export type Capabilities = NonNullable<ProviderReport['capabilities']>;

/** A plain program in a terminal: nobody but a person at the keyboard can answer or steer it. */
export const TERMINAL_ONLY: Capabilities = {
	canAnswer: false,
	canSurviveRunnerRestart: true,
	canInterrupt: true,
	canSteer: false,
	reportsCost: false
};

/** The machine as a provider sees it. */
export interface Machine {
	/** The runner's own environment; never handed to a child as a whole. */
	env: NodeJS.ProcessEnv;
	/** How `village` is started: node and the path of its program. */
	program: readonly string[];
}

/** What is needed to start one session. */
export interface CommandContext extends Machine {
	/** Version of the CLI that was found, null when it did not tell. */
	version: string | null;
	/** Writes a file that belongs to the attempt and goes with it; answers its path. */
	writeFile(extension: string, content: string): string;
}

export type Command =
	{ ok: true; argv: string[] } | { ok: false; code: 'bad_spec' | 'no_provider'; message: string };

export interface Provider {
	id: ProviderId;
	level: Level;
	capabilities: Capabilities;
	/** Variables of the runner that carry this CLI's credentials; the only ones its sessions get. */
	credentials: readonly string[];
	/**
	 * Where its work events come from: `terminal`, reports between the terminal bytes (work-report.ts); `driver`, lines its
	 * driver tells (told.ts); `none`, a digest of what it prints; `either`, that digest until something in it tells
	 * (`village acp`).
	 */
	reports: 'none' | 'terminal' | 'driver' | 'either';
	/** Null when it is not installed here. Takes at most a few seconds and makes no model call. */
	detect(machine: Machine): Promise<ProviderReport | null>;
	/** Program and arguments of a session. */
	command(spec: StartSpec, context: CommandContext): Command;
}
