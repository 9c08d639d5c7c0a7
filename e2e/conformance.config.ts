// The journeys with real agent programs, which `npm test` runs only where they are installed (scripts/conformance.js).
import { defineConfig } from '@playwright/test';
import base from '../playwright.config.ts';

export default defineConfig(base, {
	testDir: '.',
	testMatch: '**/*.conformance.ts',
	outputDir: '../test-results'
});
