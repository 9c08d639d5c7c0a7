// A git server on the loopback address: git's own program behind HTTP, as any code host has it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitServer {
	/** `http://127.0.0.1:<port>/` */
	readonly url: string;
	/** Paths that were asked for. */
	readonly asked: string[];
	close(): Promise<void>;
}

/** Serves every repository below a folder for reading. */
export async function serveGit(root: string): Promise<GitServer> {
	const asked: string[] = [];
	const server = createServer((request, response) => {
		const { pathname, search } = new URL(request.url!, 'http://git');
		asked.push(pathname);
		const { 'content-type': type, 'content-encoding': encoding } = request.headers;
		const child = spawn('git', ['http-backend'], {
			env: {
				PATH: process.env.PATH,
				GIT_PROJECT_ROOT: root,
				GIT_HTTP_EXPORT_ALL: '1',
				GIT_CONFIG_COUNT: '1',
				GIT_CONFIG_KEY_0: 'safe.directory',
				GIT_CONFIG_VALUE_0: '*',
				PATH_INFO: pathname,
				QUERY_STRING: search.slice(1),
				REQUEST_METHOD: request.method,
				CONTENT_TYPE: type ?? '',
				HTTP_CONTENT_ENCODING: encoding ?? '',
				GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
				REMOTE_ADDR: '127.0.0.1'
			},
			stdio: ['pipe', 'pipe', 'ignore']
		});
		request.pipe(child.stdin);
		const parts: Buffer[] = [];
		child.stdout.on('data', (part: Buffer) => parts.push(part));
		child.on('close', () => {
			const all = Buffer.concat(parts);
			const end = all.indexOf('\r\n\r\n');
			const headers = all
				.subarray(0, end)
				.toString()
				.split('\r\n')
				.map((line) => line.split(/:\s*/, 2) as [string, string]);
			const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1];
			response.statusCode = status ? Number.parseInt(status, 10) : 200;
			for (const [name, value] of headers)
				if (name.toLowerCase() !== 'status') response.setHeader(name, value);
			response.end(all.subarray(end + 4));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		asked,
		close() {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		}
	};
}
