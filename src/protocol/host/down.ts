import { z } from 'zod';
import { HostApprovalApplied } from './approval-applied.ts';
import { HostApprovalRequest } from './approval-request.ts';
import { HostApprovalWithdrawn } from './approval-withdrawn.ts';
import { HostDiscarded } from './discarded.ts';
import { HostError } from './error.ts';
import { HostExited } from './exited.ts';
import { HostGap } from './gap.ts';
import { HostInputAck } from './input-ack.ts';
import { HostNack } from './nack.ts';
import { HostPaused } from './paused.ts';
import { HostPong } from './ping.ts';
import { HostResumed } from './resumed.ts';
import { HostStartFailed } from './start-failed.ts';
import { HostStarted } from './started.ts';
import { HostStatsReply } from './stats.ts';
import { HostWelcome } from './welcome.ts';

/** Every JSON message from a session host to its runner. */
export const HostDown = z.discriminatedUnion('t', [
	HostApprovalApplied,
	HostApprovalRequest,
	HostApprovalWithdrawn,
	HostDiscarded,
	HostError,
	HostExited,
	HostGap,
	HostInputAck,
	HostNack,
	HostPaused,
	HostPong,
	HostResumed,
	HostStartFailed,
	HostStarted,
	HostStatsReply,
	HostWelcome
]);
export type HostDown = z.infer<typeof HostDown>;
