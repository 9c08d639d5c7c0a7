// A deterministic agent that is a real process in a real terminal: it plays a scenario (demo, tests).
import { Scenario } from '#protocol/runner/scenario.ts';
import type { Capabilities, Provider } from './provider.ts';

const CAPABILITIES: Capabilities = {
	canAnswer: true,
	canSurviveRunnerRestart: true,
	canInterrupt: true,
	canSteer: false,
	reportsCost: false
};

export const scripted: Provider = {
	id: 'scripted',
	level: 'L3',
	capabilities: CAPABILITIES,
	credentials: [],
	reports: 'terminal',
	detect: () =>
		Promise.resolve({ id: 'scripted', level: 'L3', auth: 'ok', capabilities: CAPABILITIES }),
	command(spec, context) {
		const scenario = Scenario.safeParse(spec.scenario);
		if (!scenario.success) {
			const issue = scenario.error.issues[0];
			const message = `scenario.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'refused'}`;
			return { ok: false, code: 'bad_spec', message: message.slice(0, 300) };
		}
		const file = context.writeFile('scenario.json', JSON.stringify(scenario.data));
		return { ok: true, argv: [...context.program, 'scripted-agent', file] };
	}
};
