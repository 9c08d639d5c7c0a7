// An agent CLI that runs behind a driver: its own interface in the terminal, its questions in the inbox (level L3 or L2).
import { findProgram } from './probe.ts';
import type { Capabilities, Provider } from './provider.ts';
import { terminalCli, type TerminalCli } from './terminal-cli.ts';
import type { DriveSpec } from '../../drive/spec.ts';

export interface DrivenCli extends TerminalCli {
	id: DriveSpec['providerId'];
	level: 'L3' | 'L2';
	capabilities: Capabilities;
}

/** Makes a provider of a CLI that has a driver. Detection is that of a CLI in a terminal. */
export function drivenCli(cli: DrivenCli): Provider {
	const { level, capabilities } = cli;
	const plain = terminalCli(cli);
	return {
		...plain,
		level,
		capabilities,
		reports: 'driver',
		async detect(machine) {
			const report = await plain.detect(machine);
			return report && { ...report, level, capabilities };
		},
		command(spec, context) {
			const path = findProgram(cli.program, context.env);
			if (!path)
				return { ok: false, code: 'no_provider', message: `${cli.program} is not installed here` };
			const drive: DriveSpec = {
				providerId: cli.id,
				program: [path],
				version: context.version,
				...(spec.task ? { task: spec.task } : {}),
				...(spec.model ? { model: spec.model } : {}),
				askTimeoutMs: spec.approvals.timeoutMs
			};
			const file = context.writeFile('drive.json', JSON.stringify(drive));
			return { ok: true, argv: [...context.program, 'drive', file] };
		}
	};
}
