// Fields that several messages of the terminal door share.
import { z } from 'zod';

/** Number of a session's stream in binary frames, given in `attached`. */
export const Stream = z.number().int().min(1).max(0xffff_ffff);

/** Columns a viewer can show; the terminal itself stays within 80..500. */
export const ViewerCols = z.number().int().min(10).max(500);
/** Rows a viewer can show; the terminal itself stays within 24..300. */
export const ViewerRows = z.number().int().min(2).max(300);

/** A client's own number for a request, echoed in the answer. */
export const Ref = z.number().int().min(0).max(0xffff_ffff);

/** Where a session's terminal stands: not started, taking input, stopped by a person, over. */
export const Phase = z.enum(['waiting', 'live', 'paused', 'ended']);
export type Phase = z.infer<typeof Phase>;
