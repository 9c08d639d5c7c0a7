import { z } from 'zod';

/**
 * Asks whether somebody is alive behind the socket; allowed before `hello`, answered with `pong`, changes nothing.
 * A host that does not know it answers with an error, which says as much.
 */
export const HostPing = z.object({ t: z.literal('ping') });
export type HostPing = z.infer<typeof HostPing>;

export const HostPong = z.object({ t: z.literal('pong') });
export type HostPong = z.infer<typeof HostPong>;
