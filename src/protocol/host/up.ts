import { z } from 'zod';
import { HostAck } from './ack.ts';
import { HostCancel } from './cancel.ts';
import { HostDecision } from './decision.ts';
import { HostDiscard } from './discard.ts';
import { HostDrain } from './drain.ts';
import { HostFollow } from './follow.ts';
import { HostHello } from './hello.ts';
import { HostInputEnd } from './input-end.ts';
import { HostLease } from './lease.ts';
import { HostPause } from './pause.ts';
import { HostPing } from './ping.ts';
import { HostResize } from './resize.ts';
import { HostResume } from './resume.ts';
import { HostStart } from './start.ts';
import { HostStats } from './stats.ts';
import { HostStop } from './stop.ts';
import { HostUnfollow } from './unfollow.ts';

/** Every JSON message from a runner to its session host. Unknown keys are ignored. */
export const HostUp = z.discriminatedUnion('t', [
	HostAck,
	HostCancel,
	HostDecision,
	HostDiscard,
	HostDrain,
	HostFollow,
	HostHello,
	HostInputEnd,
	HostLease,
	HostPause,
	HostPing,
	HostResize,
	HostResume,
	HostStart,
	HostStats,
	HostStop,
	HostUnfollow
]);
export type HostUp = z.infer<typeof HostUp>;
