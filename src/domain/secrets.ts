// What secrets look like when a program prints them: the shapes of tokens that can be told from other text by how they begin.
// Each is the vendor's documented or widely seen form; what has no mark of its own (a password) cannot be known.

/** One family of secrets. `pattern` has one group: what is kept in front of the secret. */
export interface SecretShape {
	name: string;
	/** How it begins, as it stands in the text; found by these alone before `pattern` is tried. */
	starts: readonly string[];
	/** From the start on, sticky. Everything after the first group is the secret. */
	pattern: RegExp;
	/** Only text with a digit and a letter in it, and more than a handful of different characters. */
	mixed?: boolean;
}

/** A shape whose secret follows its start directly. */
function token(name: string, starts: readonly string[], rest: string, mixed = true): SecretShape {
	const lead = starts.map((start) => start.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|');
	return { name, starts, pattern: new RegExp(`(${lead})(?:${rest})`, 'y'), mixed };
}

/** Characters of base64 in its URL form. */
const W = '[A-Za-z0-9_-]';
const HEX = '[0-9a-fA-F]';
/** Line ends, as they are or as JSON writes them. */
const BREAK = '(?:\\s|\\\\[nr]){1,6}';

export const SECRET_SHAPES: readonly SecretShape[] = [
	token('Anthropic key', ['sk-ant-'], `${W}{24,}`),
	token('OpenAI key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-'], `${W}{24,}`),
	token('OpenAI key, older', ['sk-'], '[A-Za-z0-9]{40,64}(?![A-Za-z0-9])'),
	token('OpenRouter key', ['sk-or-'], `${W}{32,}`),
	token('Google API key', ['AIza'], `${W}{35}`),
	token('Google access token', ['ya29.'], '[A-Za-z0-9_.-]{24,}'),
	token('Google client secret', ['GOCSPX-'], `${W}{24,}`),
	token('Google refresh token', ['1//0'], `${W}{32,}`),
	token('GitHub token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], '[A-Za-z0-9]{36,251}'),
	token('GitHub fine-grained token', ['github_pat_'], '[A-Za-z0-9_]{30,}'),
	token(
		'GitLab token',
		['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glagent-', 'gloas-'],
		'[A-Za-z0-9_.-]{20,}'
	),
	token('AWS access key', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], '[A-Z2-7]{16}(?![A-Za-z0-9])'),
	{
		name: 'AWS secret key',
		starts: ['aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY', 'SecretAccessKey'],
		pattern: /([A-Za-z_]{15,21}["']?\s{0,3}[:=]\s{0,3}["']?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/y,
		mixed: true
	},
	token('Azure account key', ['AccountKey=', 'SharedAccessKey='], '[A-Za-z0-9+/]{40,}={0,2}'),
	token(
		'Slack token',
		['xoxb-', 'xoxp-', 'xoxa-', 'xoxe-', 'xoxo-', 'xoxr-', 'xoxs-'],
		`${W}{16,}`
	),
	token('Slack app token', ['xapp-'], `\\d-${W}{16,}`),
	token(
		'Slack webhook',
		['hooks.slack.com/services/'],
		'[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}'
	),
	{
		name: 'Discord webhook',
		starts: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
		pattern: /(discord(?:app)?\.com\/api\/webhooks\/\d{15,22}\/)[A-Za-z0-9_-]{50,}/y
	},
	token('Stripe key', ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'], '[A-Za-z0-9]{16,}'),
	token('Webhook signing secret', ['whsec_'], '[A-Za-z0-9+/=]{24,}'),
	token('Twilio key', ['SK'], '[0-9a-f]{32}(?![A-Za-z0-9])'),
	token('SendGrid key', ['SG.'], `${W}{20,24}\\.${W}{39,50}`),
	token('Mailgun key', ['key-'], '[0-9a-f]{32}(?![A-Za-z0-9])'),
	token('Mailchimp key', ['md-'], `${W}{22}(?![A-Za-z0-9])`),
	token('npm token', ['npm_'], '[A-Za-z0-9]{36}'),
	token('PyPI token', ['pypi-'], `AgE${W}{50,}`),
	token('RubyGems key', ['rubygems_'], '[0-9a-f]{48}'),
	token('crates.io token', ['cio'], '[A-Za-z0-9]{32}(?![A-Za-z0-9])'),
	token('Docker token', ['dckr_pat_', 'dckr_oat_'], `${W}{20,}`),
	token('Hugging Face token', ['hf_'], '[A-Za-z]{34,}(?![A-Za-z0-9_])', false),
	token('Replicate token', ['r8_'], '[A-Za-z0-9]{37,}'),
	token('Groq key', ['gsk_'], '[A-Za-z0-9]{48,}'),
	token('xAI key', ['xai-'], '[A-Za-z0-9]{60,}'),
	token('Perplexity key', ['pplx-'], '[A-Za-z0-9]{40,}'),
	token('Fireworks key', ['fw_'], '[A-Za-z0-9]{24}(?![A-Za-z0-9_])'),
	token('Databricks token', ['dapi'], '[0-9a-f]{32}(?![A-Za-z0-9])'),
	token('DigitalOcean token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], '[0-9a-f]{64}'),
	token('Vault token', ['hvs.', 'hvb.', 'hvr.'], `${W}{24,}`),
	token('Doppler token', ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.'], '[A-Za-z0-9.]{40,}'),
	token('Linear key', ['lin_api_', 'lin_oauth_'], '[A-Za-z0-9]{40,}'),
	token('Notion token', ['ntn_'], '[A-Za-z0-9]{40,}'),
	token('Figma token', ['figd_', 'figoh_'], `${W}{36,}`),
	token('Postman key', ['PMAK-'], '[0-9a-f]{24}-[0-9a-f]{34}'),
	token('Sentry token', ['sntrys_', 'sntryu_'], '[A-Za-z0-9_+/=-]{40,}'),
	token('New Relic key', ['NRAK-'], '[A-Z0-9]{27}'),
	token('Grafana token', ['glsa_', 'glc_'], '[A-Za-z0-9_+/=]{32,}'),
	token('Shopify token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], `${HEX}{32}`),
	token('Square token', ['sq0atp-', 'sq0csp-', 'EAAA'], `${W}{22,64}(?![A-Za-z0-9_-])`),
	token('Supabase token', ['sbp_', 'sb_secret_'], `${W}{24,}`),
	token('Netlify token', ['nfp_'], '[A-Za-z0-9]{36,}'),
	token('Fly token', ['fm2_', 'fo1_'], '[A-Za-z0-9+/=_,-]{40,}'),
	token('Telegram bot token', [':AA'], `${W}{32,36}(?![A-Za-z0-9_-])`),
	token('Age secret key', ['AGE-SECRET-KEY-1'], '[0-9A-Z]{58}'),
	token('JSON web token', ['eyJ'], `${W}{8,}\\.eyJ${W}{8,}\\.${W}{16,}`),
	{
		name: 'Bearer header',
		starts: ['Bearer ', 'bearer '],
		pattern: /([Bb]earer )[A-Za-z0-9._~+/-]{20,}=*/y,
		mixed: true
	},
	{
		name: 'Basic header',
		starts: ['Basic ', 'basic '],
		pattern: /([Bb]asic )(?=[A-Za-z0-9+/]*[A-Z0-9])[A-Za-z0-9+/]{20,}={0,2}(?![A-Za-z0-9])/y,
		mixed: true
	},
	{
		name: 'Password in an address',
		starts: ['://'],
		// Nothing a shell would take for more than a word.
		pattern: /(:\/\/[^\s:@/'"`<>${}%()|;&\\]{0,64}:)[^\s:@/'"`<>${}()|;&\\]{8,256}(?=@)/y,
		mixed: true
	},
	{
		name: 'Private key',
		starts: ['-----BEGIN '],
		pattern: new RegExp(
			'(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----' +
				`(?:${BREAK}(?:Proc-Type|DEK-Info|Comment|Version): [^\\s\\\\]{1,40}(?: [^\\s\\\\]{1,40}){0,4})*)` +
				`(?:${BREAK}[A-Za-z0-9+/]{20,100}={0,2})+(?:${BREAK}[A-Za-z0-9+/]{1,19}={0,2}(?=\\s|\\\\|-|$))?`,
			'y'
		)
	},
	token('token of this village', ['avu_', 'avr_'], `[0-9a-fA-F-]{20,40}_${W}{32,}`)
];
