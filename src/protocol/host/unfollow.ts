import { z } from 'zod';

/** Send no more output of any stream until `follow` (the server is away); sessions run on. */
export const HostUnfollow = z.object({ t: z.literal('unfollow') });
export type HostUnfollow = z.infer<typeof HostUnfollow>;
