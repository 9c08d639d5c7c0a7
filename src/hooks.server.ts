import type { Handle, HandleServerError, ServerInit } from '@sveltejs/kit';
import { building } from '$app/environment';
import { sequence } from '@sveltejs/kit/hooks';
import { boot } from '#server/boot.ts';
import { context, report, session, trpc } from '#server/http/hooks.ts';

export const init: ServerInit = async () => {
	if (!building) await boot(process.env);
};

export const handle: Handle = sequence(context, session, trpc);

export const handleError: HandleServerError = report;
