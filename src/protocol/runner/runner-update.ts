// Something the runner said in hello has changed.
import { z } from 'zod';
import { Seq } from '../envelope.ts';
import { AllowLocal, Capacity, Feature, RuntimeVersions } from './hello.ts';
import { ProviderReport } from './provider-report.ts';

export const RunnerUpdate = z.object({
	t: z.literal('runner.update'),
	seq: Seq,
	providers: z.array(ProviderReport).max(64).optional(),
	features: z.array(Feature).max(32).optional(),
	capacity: Capacity.optional(),
	runtimeVersions: RuntimeVersions.optional(),
	allowLocal: AllowLocal.optional()
});
export type RunnerUpdate = z.infer<typeof RunnerUpdate>;
