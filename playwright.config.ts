// Journeys on the production entry: every worker starts `village up` as a user does, with a real runner and real terminals.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

export default defineConfig({
	testDir: 'e2e',
	testMatch: '**/*.e2e.ts',
	outputDir: 'test-results',
	// Each worker is a whole village with a browser; two cores carry one of them without changing what is measured.
	workers: 1,
	timeout: 60_000,
	expect: { timeout: 10_000 },
	retries: 0,
	forbidOnly: true,
	reporter: 'line',
	use: {
		browserName: 'chromium',
		viewport: { width: 1280, height: 800 },
		// A map that moves takes both cores where the graphics card is software.
		contextOptions: { reducedMotion: 'reduce' },
		trace: 'off',
		screenshot: 'only-on-failure',
		launchOptions: {
			...(existsSync(chromium) ? { executablePath: chromium } : {}),
			args: [
				'--no-sandbox',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
				'--no-first-run',
				// The map needs WebGL; on a machine without a GPU this is the software one.
				'--enable-unsafe-swiftshader'
			]
		}
	}
});
