import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessTree } from './tree.ts';

/** When each step of a stop comes, in ms from its begin (control-plane.md 4.3). */
export interface StopTimes {
	termMs: number;
	killMs: number;
	/** Between SIGTERM and SIGKILL for what is left when the root has ended by itself. */
	leftoverMs: number;
	/** How long SIGKILL is repeated; what survives it belongs to another user or hangs in the kernel. */
	giveUpMs: number;
}

export const STOP_TIMES: StopTimes = {
	termMs: 5000,
	killMs: 10_000,
	leftoverMs: 2000,
	giveUpMs: 30_000
};

const FIRST_LOOK_MS = 5;
const LAST_LOOK_MS = 200;

export interface Stopper {
	/** Begins the escalation; a later call can only make it faster. */
	stop(force: boolean): void;
	/** The root has ended: resolves when no member is left, ending those that are. */
	endLeftovers(): Promise<void>;
}

/** Ends one process tree, politely first. */
export function createStopper(options: {
	tree: ProcessTree;
	times: StopTimes;
	interrupt(): void;
}): Stopper {
	const { tree, times } = options;
	const timers: NodeJS.Timeout[] = [];
	let killing = false;
	let begun = false;

	async function terminate(): Promise<void> {
		await tree.terminate();
		// A suspended process sees SIGTERM only when it runs again; so does a job a person had stopped.
		await tree.signal('SIGCONT');
	}

	/** SIGKILL until nobody is left; processes may fork between a scan and its signals. */
	async function kill(): Promise<void> {
		killing = true;
		const until = Date.now() + times.giveUpMs;
		for (let wait = FIRST_LOOK_MS; (await tree.signal('SIGKILL')) > 0; wait *= 2) {
			if (Date.now() > until) return;
			await sleep(Math.min(wait, LAST_LOOK_MS));
		}
	}

	return {
		stop(force) {
			if (killing) return;
			if (force) {
				timers.forEach(clearTimeout);
				void kill();
			} else if (!begun) {
				begun = true;
				options.interrupt();
				timers.push(setTimeout(() => void terminate(), times.termMs));
				timers.push(setTimeout(() => void kill(), times.killMs));
			}
		},
		async endLeftovers() {
			timers.forEach(clearTimeout);
			const until = Date.now() + times.leftoverMs;
			if (!killing && (await tree.members()).length > 0) {
				await terminate();
				for (let wait = FIRST_LOOK_MS; Date.now() < until && !killing; wait *= 2) {
					if ((await tree.members()).length === 0) return;
					await sleep(Math.min(wait, LAST_LOOK_MS));
				}
			} else if (!killing) return;
			await kill();
		}
	};
}
