import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { playwright } from '@vitest/browser-playwright';
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { serverOnly, upgrades } from './scripts/vite-plugins.js';

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit(), upgrades(), serverOnly()],
	server: { port: 3000 },
	build: { chunkSizeWarningLimit: 1600 },
	test: {
		attachmentsDir: '.cache/vitest-attachments',
		projects: [
			{
				extends: true,
				test: {
					name: 'node',
					environment: 'node',
					include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
					exclude: [
						'src/**/*.svelte.test.ts',
						// They need a real server, which `npm test` starts.
						...(process.env.VILLAGE_TEST_POSTGRES ? [] : ['src/**/*.pg.test.ts'])
					],
					globalSetup: ['src/server/db/testing/global-setup.ts'],
					testTimeout: 20_000,
					hookTimeout: 60_000
				}
			},
			{
				extends: true,
				// An icon that is met for the first time would be bundled in the middle of the run, with a second Svelte.
				optimizeDeps: { exclude: ['@lucide/svelte'] },
				test: {
					name: 'browser',
					include: ['src/**/*.svelte.test.ts'],
					browser: {
						enabled: true,
						headless: true,
						screenshotFailures: false,
						provider: playwright({
							launchOptions: {
								...(existsSync(chromium) ? { executablePath: chromium } : {}),
								args: [
									'--no-sandbox',
									'--disable-background-networking',
									'--disable-component-update',
									'--disable-sync',
									'--no-first-run'
								]
							}
						}),
						instances: [{ browser: 'chromium' }]
					}
				}
			}
		]
	}
});
