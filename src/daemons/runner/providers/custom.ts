// Any program: a list of words run as it is, or a command line run by the shell.
import { TERMINAL_ONLY, type Provider } from './provider.ts';
import { findShell } from './shell.ts';

export const custom: Provider = {
	id: 'custom',
	level: 'L1',
	capabilities: TERMINAL_ONLY,
	credentials: [],
	reports: 'either',
	detect: () =>
		Promise.resolve({ id: 'custom', level: 'L1', auth: 'ok', capabilities: TERMINAL_ONLY }),
	command(spec, context) {
		const words = spec.argv ?? [];
		const line = spec.command?.trim() ?? '';
		if (words.length > 0 && line !== '')
			return { ok: false, code: 'bad_spec', message: 'both a command line and words were given' };
		if (words.length > 0)
			return words[0] === ''
				? { ok: false, code: 'bad_spec', message: 'the program has no name' }
				: { ok: true, argv: words };
		if (line === '')
			return { ok: false, code: 'bad_spec', message: 'a custom session needs a command' };
		return { ok: true, argv: [findShell(context.env), '-c', line] };
	}
};
