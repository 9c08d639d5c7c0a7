import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findSecrets, redactQuestion, redactText } from './redact.ts';
import { SECRET_SHAPES } from './secrets.ts';

/** `count` characters that are not a placeholder. Put together here, so that this file holds nothing a scanner would find. */
const some = (count: number, alphabet = 'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ') =>
	Array.from({ length: count }, (_, i) => alphabet[(i * 7 + 3) % alphabet.length]).join('');
const hex = (count: number) => some(count, '0123456789abcdef');
const upper = (count: number) => some(count, 'A2B3C4D5E6F7G2H3');

/** What is kept, and the secret after it; one example of each shape. */
const EXAMPLES: Record<string, [kept: string, secret: string]> = {
	'Anthropic key': ['sk-ant-', `api03-${some(95)}`],
	'OpenAI key': ['sk-proj-', some(120)],
	'OpenAI key, older': ['sk-', some(48)],
	'OpenRouter key': ['sk-or-', `v1-${hex(64)}`],
	'Google API key': ['AIza', some(35)],
	'Google access token': ['ya29.', some(120)],
	'Google client secret': ['GOCSPX-', some(28)],
	'Google refresh token': ['1//0', some(60)],
	'GitHub token': ['ghp_', some(36)],
	'GitHub fine-grained token': ['github_pat_', `${some(22)}_${some(59)}`],
	'GitLab token': ['glpat-', some(20)],
	'AWS access key': ['AKIA', upper(16)],
	'AWS secret key': ['aws_secret_access_key = ', some(40)],
	'Azure account key': ['AccountKey=', `${some(86)}==`],
	'Slack token': ['xoxb-', `123456789012-${some(24)}`],
	'Slack app token': ['xapp-', `1-${some(40)}`],
	'Slack webhook': ['hooks.slack.com/services/', `T01234567/B01234567/${some(24)}`],
	'Discord webhook': ['discord.com/api/webhooks/123456789012345678/', some(68)],
	'Stripe key': ['sk_live_', some(24)],
	'Webhook signing secret': ['whsec_', some(32)],
	'Twilio key': ['SK', hex(32)],
	'SendGrid key': ['SG.', `${some(22)}.${some(43)}`],
	'Mailgun key': ['key-', hex(32)],
	'Mailchimp key': ['md-', some(22)],
	'npm token': ['npm_', some(36)],
	'PyPI token': ['pypi-', `AgE${some(120)}`],
	'RubyGems key': ['rubygems_', hex(48)],
	'crates.io token': ['cio', some(32)],
	'Docker token': ['dckr_pat_', some(27)],
	'Hugging Face token': ['hf_', some(34, 'aBcDeFgHiJkLmNoPqRsT')],
	'Replicate token': ['r8_', some(37)],
	'Groq key': ['gsk_', some(52)],
	'xAI key': ['xai-', some(80)],
	'Perplexity key': ['pplx-', some(48)],
	'Fireworks key': ['fw_', some(24)],
	'Databricks token': ['dapi', hex(32)],
	'DigitalOcean token': ['dop_v1_', hex(64)],
	'Vault token': ['hvs.', some(90)],
	'Doppler token': ['dp.pt.', some(43)],
	'Linear key': ['lin_api_', some(40)],
	'Notion token': ['ntn_', some(46)],
	'Figma token': ['figd_', some(40)],
	'Postman key': ['PMAK-', `${hex(24)}-${hex(34)}`],
	'Sentry token': ['sntrys_', some(100)],
	'New Relic key': ['NRAK-', upper(27)],
	'Grafana token': ['glsa_', `${some(32)}_${hex(8)}`],
	'Shopify token': ['shpat_', hex(32)],
	'Square token': ['sq0atp-', some(22)],
	'Supabase token': ['sbp_', hex(40)],
	'Netlify token': ['nfp_', some(36)],
	'Fly token': ['fm2_', some(80)],
	'Telegram bot token': ['123456789:AA', some(33)],
	'Age secret key': ['AGE-SECRET-KEY-1', upper(58)],
	'JSON web token': ['eyJ', `${some(33)}.eyJ${some(60)}.${some(43)}`],
	'Bearer header': ['Authorization: Bearer ', some(40)],
	'Basic header': ['Authorization: Basic ', `${some(30)}==`],
	'Password in an address': ['postgres://shop:', `${some(12)}`],
	'Private key': ['-----BEGIN OPENSSH PRIVATE KEY-----', `\r\n${some(70)}\r\n${some(70)}\r\n`],
	'token of this village': ['avu_', `0190aaaa-0000-7000-8000-000000000001_${some(43)}`]
};

test('there is an example of every shape, and there are more than forty', () => {
	expect(Object.keys(EXAMPLES).sort()).toEqual(SECRET_SHAPES.map(({ name }) => name).sort());
	expect(SECRET_SHAPES.length).toBeGreaterThan(40);
});

test.each(Object.entries(EXAMPLES))(
	'%s: nothing but how it begins is kept',
	(name, [kept, secret]) => {
		const end =
			name === 'Password in an address' ? '@db/shop' : name === 'Private key' ? '-----END' : '';
		for (const before of ['', 'KEY=', '"', '\x1b[32m', '\x1b[4;12H', 'token: ']) {
			const text = `${before}${kept}${secret}${end} and more\n`;
			const clean = redactText(text);
			expect(clean).toHaveLength(text.length);
			expect(clean).toBe(`${before}${kept}${secret.replace(/[^\s]/g, '*')}${end} and more\n`);
		}
	}
);

test('text without a secret is returned as it is, also when it looks a little like one', () => {
	for (const text of [
		'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
		'const task-list-of-the-things-that-are-to-be-done-in-the-morning = 1',
		'https://example.org:8080/path@2x.png',
		'git@github.com:someone/something.git',
		'postgres://user:password@localhost/db',
		'Bearer tokens are sent in a header of this name',
		'Basic understanding of internationalization',
		'-----BEGIN CERTIFICATE-----\nMIIB',
		'SKIPPED npm_config_registry hf_transfer_enabled key-value-pairs',
		''
	])
		expect(redactText(text)).toBe(text);
});

test('a secret inside JSON is masked and the JSON still says the rest', () => {
	const key = `-----BEGIN PRIVATE KEY-----\n${some(64)}\n${some(30)}\n-----END PRIVATE KEY-----\n`;
	const told = { command: `curl -H "Authorization: Bearer ${some(40)}" x`, key, n: 1 };
	const clean = JSON.parse(redactText(JSON.stringify(told))) as typeof told;
	expect(clean.command).toBe(`curl -H "Authorization: Bearer ${'*'.repeat(40)}" x`);
	expect(clean.key).not.toContain(some(64).slice(0, 12));
	expect(clean.key).toHaveLength(key.length);
	expect(clean.n).toBe(1);
});

test('nobody can hide a second command or a path behind the stars of a question', () => {
	const hidden = `echo '-----BEGIN PRIVATE KEY-----\n/usr/local/bin/something/else1\n'; true`;
	expect(redactQuestion(hidden)).toBe(hidden);
	for (const trick of [';reboot1;', '|sh1aaaaaa', '$(reboot1)', '`reboot1a`', '&& reboot1'])
		expect(redactQuestion(`git clone https://a:${trick}@example.org`)).toContain(trick);
	expect(redactQuestion(`curl -H 'Authorization: Bearer ${some(40)}' x`)).toBe(
		`curl -H 'Authorization: Bearer ${'*'.repeat(40)}' x`
	);
});

test('whatever the text, its length and everything outside of its secrets stay', () => {
	const piece = fc.oneof(
		fc.string({ maxLength: 40 }),
		fc.constantFrom(...Object.values(EXAMPLES).map((parts) => parts.join(''))),
		fc.constantFrom('\x1b[0m', '\r\n', '://', 'sk-', 'Bearer ', '-----BEGIN ', 'eyJ')
	);
	fc.assert(
		fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
			const text = pieces.join('');
			const secrets = findSecrets(text);
			const clean = redactText(text);
			expect(clean).toHaveLength(text.length);
			let at = 0;
			for (const { from, to } of secrets) {
				expect(from).toBeGreaterThanOrEqual(at);
				expect(clean.slice(at, from)).toBe(text.slice(at, from));
				at = to;
			}
			expect(clean.slice(at)).toBe(text.slice(at));
		}),
		{ numRuns: 300 }
	);
});

function sources(dir: string): string[] {
	return readdirSync(dir, { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile() && /\.(js|mjs|cjs|ts|json|md|map|css)$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name));
}

test('of a thousand files of source code fewer than one in a hundred is touched', () => {
	const files = ['svelte', 'drizzle-orm', '@trpc', 'zod', 'eslint', '@sveltejs']
		.flatMap((name) => sources(join('node_modules', name)))
		.slice(0, 4000);
	expect(files.length).toBeGreaterThan(1000);
	const touched = files.filter((file) => findSecrets(readFileSync(file, 'latin1')).length > 0);
	expect(touched.length / files.length).toBeLessThan(0.01);
});
