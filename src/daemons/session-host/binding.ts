import { createRequire } from 'node:module';

/** The native part of node-pty; its JavaScript part decodes, and loses bytes at exit (performance.md 1). */
export interface PtyBinding {
	fork(
		file: string,
		args: string[],
		env: string[],
		cwd: string,
		cols: number,
		rows: number,
		uid: number,
		gid: number,
		utf8: boolean,
		helperPath: string,
		onExit: (code: number, signal: number) => void
	): { fd: number; pid: number; pty: string };
	resize(fd: number, cols: number, rows: number): void;
}

/** Loads the prebuilt binding of this platform. Throws when there is none. */
export function loadBinding(): { pty: PtyBinding; helperPath: string } {
	// Resolved from node-pty's own place: package managers may nest its optional binary packages.
	const from = createRequire(createRequire(import.meta.url).resolve('@lydell/node-pty'));
	const name = `@lydell/node-pty-${process.platform}-${process.arch}`;
	return {
		pty: from(`${name}/pty.node`) as PtyBinding,
		helperPath: process.platform === 'darwin' ? from.resolve(`${name}/spawn-helper`) : ''
	};
}
