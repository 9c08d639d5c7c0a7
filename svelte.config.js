import adapter from '@sveltejs/adapter-node';

/** @type {import('@sveltejs/kit').Config} */
export default {
	kit: {
		adapter: adapter({ out: 'build' }),
		// `csrf.checkOrigin` stays on for forms; `/trpc` and `/api` follow the JSON rule in hooks.server.ts.
		typescript: {
			config: (config) => ({
				...config,
				include: [
					...config.include,
					'../e2e/**/*.ts',
					'../bench/**/*.ts',
					'../scripts/**/*.ts',
					'../src/cli/vite.config.ts',
					'../*.config.ts'
				]
			})
		}
	}
};
