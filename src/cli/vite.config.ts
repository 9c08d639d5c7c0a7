// Bundles the programs into dist/: Node 20 runs no TypeScript. One chunk per subcommand, packages stay outside, so that
// `village ask` or a session host loads only what it needs.
import { defineConfig } from 'vite';

export default defineConfig({
	publicDir: false,
	ssr: { target: 'node', external: true },
	build: {
		ssr: true,
		outDir: 'dist',
		// The stamp and the database template live here too.
		emptyOutDir: false,
		target: 'node20',
		minify: false,
		sourcemap: true,
		rolldownOptions: {
			input: {
				village: 'src/cli/main.ts',
				'build-template': 'src/cli/build-template.ts',
				client: 'src/client/index.ts'
			},
			output: {
				entryFileNames: '[name].js',
				chunkFileNames: 'chunks/[name]-[hash].js'
			}
		}
	}
});
