import { spawn } from 'node:child_process';

/** Opens an address in the browser of this desktop, if there is one; never fails and never waits. */
export function openBrowser(url: string): void {
	const [program, ...args] =
		process.platform === 'darwin'
			? ['open', url]
			: process.platform === 'win32'
				? ['cmd', '/c', 'start', '', url]
				: ['xdg-open', url];
	const desktop =
		process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
	if (!desktop || !program) return;
	const child = spawn(program, args, { detached: true, stdio: 'ignore' });
	// No such program: the link is printed anyway.
	child.on('error', () => {});
	child.unref();
}
