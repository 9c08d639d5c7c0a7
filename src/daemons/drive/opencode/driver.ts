// opencode: a server of its own behind a password of this session, its interface attached in the terminal, and us as a second
// client that hears every question (docs/architecture.md, Agents).
import type { Driver, DriverContext, DriverEnd } from '../driver.ts';
import { startInTerminal } from '../terminal-child.ts';
import { startGoverned } from './governed.ts';
import { listen } from './listener.ts';
import type { Server } from './server.ts';
import { infoOf } from './sessions.ts';

export const driveOpencode: Driver = async (context) => {
	const { spec, cwd, env } = context;
	const model = modelOf(spec.model);
	const server = await startGoverned(spec.program, { cwd, env });
	try {
		return await drive(context, server, model);
	} finally {
		await server.stop();
	}
};

interface Model {
	providerID: string;
	modelID: string;
}

/** `provider/model`, as opencode names models. Throws for anything else. */
function modelOf(name: string | undefined): Model | undefined {
	if (name === undefined) return undefined;
	const [providerID = '', ...rest] = name.split('/');
	const modelID = rest.join('/');
	if (!providerID || !modelID) throw new Error(`opencode names models provider/model, not ${name}`);
	return { providerID, modelID };
}

async function drive(
	context: DriverContext,
	{ url, api, gone, env }: Server,
	model: Model | undefined
): Promise<DriverEnd> {
	const { spec, session, cwd } = context;
	const listener = await listen(context, api, gone);
	try {
		const begin = model ? { model: { id: model.modelID, providerID: model.providerID } } : {};
		const info = infoOf(await api.post('/session', begin));
		if (!info) throw new Error('opencode made no conversation');
		session.status('idle', 'protocol', { conversationId: info.id });
		const argv = [...spec.program, 'attach', url, '--dir', cwd, '--session', info.id];
		const child = startInTerminal(argv, { cwd, env });
		const stop = (): void => child.stop('SIGTERM');
		gone.addEventListener('abort', stop);
		listener.failed.addEventListener('abort', stop);
		if (spec.task) {
			const parts = [{ type: 'text', text: spec.task }];
			await api
				.post(`/session/${info.id}/prompt_async`, { parts, ...(model ? { model } : {}) })
				.catch((error: unknown) =>
					session.result(false, `The task was not taken: ${String(error)}`)
				);
		}
		const end = await child.ended;
		if (listener.failed.aborted) throw listener.failed.reason;
		if (gone.aborted) throw new Error('the server of opencode ended');
		return end;
	} finally {
		listener.close();
	}
}
