import type { App as VillageApp } from '#server/app.ts';
import type { Actor } from '#server/auth/actor.ts';
import type { Caller } from '#server/trpc/router.ts';

declare global {
	namespace App {
		interface Locals {
			app: VillageApp;
			actor: Actor | null;
			caller: Caller;
			requestId: string;
		}
		interface Error {
			message: string;
			code?: string;
			requestId?: string;
		}
	}
}

export {};
