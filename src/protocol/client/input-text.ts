// What is typed: any characters, control characters too, at most 64 KiB of UTF-8.
import { z } from 'zod';
import { MAX_INPUT_BYTES } from './limits.ts';

const bytes = new TextEncoder();

export const InputText = z
	.string()
	.min(1)
	.max(MAX_INPUT_BYTES)
	.refine((text) => !/\p{Surrogate}/u.test(text), 'holds a lone surrogate')
	.refine(
		(text) => bytes.encode(text).length <= MAX_INPUT_BYTES,
		`more than ${MAX_INPUT_BYTES} bytes`
	);
