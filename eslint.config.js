// What the compiler cannot see: promises nobody waits for. Style is prettier's, walls are src/architecture.test.ts.
import { fileURLToPath } from 'node:url';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Mistakes that are never meant. */
const always = Object.fromEntries(
	[
		...[
			'no-async-promise-executor',
			'no-compare-neg-zero',
			'no-cond-assign',
			'no-constant-condition'
		],
		...[
			'no-control-regex',
			'no-debugger',
			'no-dupe-else-if',
			'no-duplicate-case',
			'no-empty-pattern',
			'no-fallthrough'
		],
		...['no-irregular-whitespace', 'no-loss-of-precision', 'no-self-assign', 'no-sparse-arrays'],
		...['no-unsafe-finally', 'no-unsafe-optional-chaining', 'no-useless-escape', 'no-var'],
		...['prefer-const', 'require-yield', 'use-isnan', 'valid-typeof']
	].map((rule) => [rule, 'error'])
);

const promises = {
	'@typescript-eslint/no-floating-promises': 'error',
	'@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
	'@typescript-eslint/await-thenable': 'error'
};

export default ts.config(
	{
		ignores: [
			'build/',
			'dist/',
			'.svelte-kit/',
			'.village/',
			'.cache/',
			'test-results/',
			'playwright-report/',
			'static/'
		]
	},
	...ts.configs.recommended,
	...svelte.configs.recommended,
	{
		languageOptions: {
			globals: { ...globals.node, ...globals.browser },
			parserOptions: { tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)) }
		},
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		rules: {
			...always,
			// svelte-check and tsc know every name; a second opinion only knows fewer.
			'no-undef': 'off',
			'no-empty': ['error', { allowEmptyCatch: false }],
			eqeqeq: ['error', 'smart'],
			'no-restricted-syntax': [
				'error',
				{ selector: 'ExportAllDeclaration', message: 'No barrels: import from the file itself.' }
			],
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }
			],
			'@typescript-eslint/no-unused-expressions': [
				'error',
				{ allowShortCircuit: true, allowTernary: true }
			],
			'@typescript-eslint/consistent-type-imports': [
				'error',
				{ fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }
			],
			// One app at the root of its own origin: links need no base.
			'svelte/no-navigation-without-resolve': 'off',
			// There are no stores here, only runes, and looking for them takes a quarter of the time.
			'svelte/require-store-reactive-access': 'off'
		}
	},
	{
		files: ['src/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.test.ts'],
		languageOptions: { parserOptions: { project: './tsconfig.json' } },
		rules: promises
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: {
			parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig }
		},
		rules: {
			'prefer-const': 'off',
			'svelte/prefer-const': ['error', { excludedRunes: ['$props', '$state', '$bindable'] }]
		}
	},
	{
		files: ['**/*.svelte'],
		languageOptions: { parserOptions: { project: './tsconfig.json' } },
		rules: promises
	},
	{
		files: ['**/*.js'],
		rules: { '@typescript-eslint/no-unused-vars': ['error', { caughtErrors: 'none' }] }
	}
);
