// Why a runner cannot say anything of a session's workspace, or do anything with it.
import { z } from 'zod';
import { text } from '../envelope.ts';

export const WorkspaceFault = z.object({
	/**
	 * `no_workspace`: none was made yet. `gone`: it was removed. `no_git`: no repository is there. `no_base`: the commit it
	 * started from is not in the repository any more. `no_path`: nothing of that name has changed. `bad_path`: outside the
	 * workspace. `holds_work`: removing it would lose something. `running`: its session has not ended. `taken`: a branch of that name
	 * is there. `busy`: too many ask at once. `failed`: git says why.
	 */
	code: z.enum([
		'no_workspace',
		'gone',
		'no_git',
		'no_base',
		'no_path',
		'bad_path',
		'holds_work',
		'running',
		'taken',
		'busy',
		'failed'
	]),
	message: text(1000)
});
export type WorkspaceFault = z.infer<typeof WorkspaceFault>;
