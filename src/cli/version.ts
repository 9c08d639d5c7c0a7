import { packageVersion } from '#server/package-root.ts';

/** The version of this program. */
export function versionOfProgram(): string {
	return packageVersion();
}
