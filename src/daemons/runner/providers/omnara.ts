// Omnara: a wrapper around other agents with an account of its own; it documents no check of being signed in.
import { terminalCli } from './terminal-cli.ts';

export const omnara = terminalCli({
	id: 'omnara',
	program: 'omnara',
	credentials: ['OMNARA_API_KEY']
});
