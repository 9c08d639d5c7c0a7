// A new credential; stored with mode 0600 before it is acknowledged.
import { z } from 'zod';
import { Seq, text } from '../envelope.ts';

export const CredentialsRotate = z.object({
	t: z.literal('credentials.rotate'),
	seq: Seq,
	credential: text(500).min(1)
});
export type CredentialsRotate = z.infer<typeof CredentialsRotate>;
