// What kind of thing an agent wants to do, and how risky it is (control-plane.md 5): highest class first.
import type { ApprovalAction, ApprovalKind, Risk } from '#protocol/approval-words.ts';
import { defaultRisk } from './approval.ts';
import { splitCommand, wordsOf } from './shell-command.ts';

/** Highest first: when several match, the first one counts. */
const ORDER: readonly ApprovalAction[] = [
	'secrets',
	'deploy',
	'merge',
	'deps_add',
	'network',
	'shell',
	'file_write',
	'tool'
];

/** Files whose content is a secret. */
const SECRET_PATH =
	/(^|[/\\])(\.env(\.(?!example$|sample$|template$)[^/\\]*)?|\.netrc|\.npmrc|\.pypirc|\.pgpass|id_(rsa|dsa|ecdsa|ed25519)|[^/\\]+\.(pem|key|p12|pfx|jks|keystore)|\.aws[/\\]credentials|\.kube[/\\]config|\.docker[/\\]config\.json|\.ssh[/\\][^/\\]+|\.gnupg[/\\].*|secrets?\.(ya?ml|json|toml))$/i;

/** Programs that start another one, given as their arguments. */
const WRAPPERS = new Set([
	'sudo',
	'doas',
	'env',
	'nohup',
	'time',
	'nice',
	'exec',
	'command',
	'xargs',
	'timeout'
]);
const SHELLS = /^(ba|z|da|k|fi)?sh$/;

const ADDERS: Record<string, RegExp> = {
	npm: /^(i|install|add|ci|update|up|upgrade)$/,
	pnpm: /^(i|install|add|update|up|dlx)$/,
	yarn: /^(add|install|up|upgrade|dlx)$/,
	bun: /^(i|install|add|update|x)$/,
	pip: /^install$/,
	pip3: /^install$/,
	uv: /^(add|sync|pip)$/,
	poetry: /^(add|install|update)$/,
	cargo: /^(add|install|update)$/,
	go: /^(get|install)$/,
	gem: /^install$/,
	bundle: /^(install|add|update)$/,
	composer: /^(require|install|update)$/,
	apt: /^(install|upgrade)$/,
	'apt-get': /^(install|upgrade|dist-upgrade)$/,
	apk: /^add$/,
	dnf: /^install$/,
	yum: /^install$/,
	brew: /^(install|upgrade)$/
};

const DEPLOYS: Record<string, RegExp> = {
	npm: /^publish$/,
	pnpm: /^(publish|deploy)$/,
	yarn: /^(publish|npm)$/,
	cargo: /^publish$/,
	twine: /^upload$/,
	docker: /^push$/,
	podman: /^push$/,
	kubectl: /^(apply|create|delete|replace|rollout|scale|patch|set)$/,
	helm: /^(install|upgrade|uninstall|rollback)$/,
	terraform: /^(apply|destroy|import)$/,
	tofu: /^(apply|destroy|import)$/,
	pulumi: /^(up|destroy)$/,
	ansible: /./,
	'ansible-playbook': /./,
	vercel: /./,
	netlify: /^deploy$/,
	fly: /^deploy$/,
	flyctl: /^deploy$/,
	wrangler: /^(deploy|publish)$/,
	serverless: /^deploy$/,
	firebase: /^deploy$/,
	gcloud: /./,
	aws: /./,
	az: /./,
	heroku: /./
};

const NETWORK =
	/^(curl|wget|http|https|xh|nc|ncat|netcat|ssh|scp|sftp|rsync|ftp|telnet|ping|dig|nslookup)$/;

/** What one simple command does. Behind a wrapper any word may be the program: the highest class counts. */
function classOfPart(part: string): ApprovalAction {
	const words = wordsOf(part);
	if (!WRAPPERS.has(baseName(words[0] ?? ''))) return classOfWords(words);
	return highest(words.slice(1).map((_, at) => classOfWords(words.slice(at + 1))));
}

function highest(classes: readonly ApprovalAction[]): ApprovalAction {
	return ORDER.find((one) => classes.includes(one)) ?? 'shell';
}

function classOfWords(words: readonly string[]): ApprovalAction {
	const [program = '', ...rest] = words;
	const name = baseName(program);
	const script = SHELLS.test(name) ? rest[rest.indexOf('-c') + 1] : undefined;
	if (script !== undefined && rest.includes('-c')) return classOfCommand(script);
	if (rest.some((word) => SECRET_PATH.test(word.replace(/^[<>@=]+/, '')))) return 'secrets';
	if (/^(security|pass|gpg|op|vault)$/.test(name) || (name === 'printenv' && rest.length === 0))
		return 'secrets';
	const verb = rest.find((word) => !word.startsWith('-')) ?? '';
	if (DEPLOYS[name]?.test(verb)) return 'deploy';
	if (name === 'gh' && /^(release|workflow|deploy)/.test(verb)) return 'deploy';
	if (name === 'git' && /^(push|merge)$/.test(verb)) return 'merge';
	if ((name === 'gh' || name === 'glab') && /^(pr|mr)$/.test(verb) && rest.includes('merge'))
		return 'merge';
	if (name === 'npx' || name === 'uvx' || name === 'pipx') return 'deps_add';
	if (ADDERS[name]?.test(verb)) return 'deps_add';
	if (/^python[\d.]*$/.test(name) && rest[0] === '-m' && rest[1] === 'pip') return 'deps_add';
	if (NETWORK.test(name)) return 'network';
	if (name === 'git' && /^(clone|fetch|pull|ls-remote)$/.test(verb)) return 'network';
	return 'shell';
}

const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

/** The highest class of the parts of a command line. */
export function classOfCommand(command: string): ApprovalAction {
	return highest(splitCommand(command).parts.map(classOfPart));
}

/** What an agent wants to do with one of its tools, said in the words all agents share. */
export type Intent =
	| { do: 'command'; command: string }
	| { do: 'write'; paths: readonly string[] }
	| { do: 'read'; paths: readonly string[] }
	| { do: 'fetch'; url?: string }
	| { do: 'question' }
	| { do: 'plan' }
	| { do: 'tool' };

export interface ApprovalClass {
	action: ApprovalAction;
	kind: ApprovalKind;
	risk: Risk;
}

/** Removes or rewrites what cannot be had back. */
const DESTRUCTIVE =
	/\brm\s+(-\w+\s+)*-\w*[rf]|\bgit\s+(reset\s+--hard|clean\s+-\w*f|push\s+.*(--force|-f\b))|\bmkfs|\bdd\s+.*\bof=|\bdrop\s+(table|database)\b|\bchmod\s+-R|\bchown\s+-R|:\(\)\s*\{/i;

/** Class, kind and risk of an intent. */
export function classify(intent: Intent): ApprovalClass {
	switch (intent.do) {
		case 'command': {
			const action = classOfCommand(intent.command);
			const risky = DESTRUCTIVE.test(intent.command) || splitCommand(intent.command).opaque;
			const risk = defaultRisk(action) === 'medium' && risky ? 'high' : defaultRisk(action);
			return { action, kind: 'command', risk };
		}
		case 'write':
		case 'read': {
			const secret = intent.paths.some((path) => SECRET_PATH.test(path));
			if (secret) return { action: 'secrets', kind: 'file', risk: 'high' };
			if (intent.do === 'read') return { action: 'tool', kind: 'file', risk: 'low' };
			return { action: 'file_write', kind: 'file', risk: 'low' };
		}
		case 'fetch':
			return { action: 'network', kind: 'network', risk: 'medium' };
		case 'question':
			return { action: 'custom', kind: 'question', risk: 'low' };
		case 'plan':
			return { action: 'custom', kind: 'plan', risk: 'low' };
		case 'tool':
			return { action: 'tool', kind: 'tool', risk: 'low' };
	}
}
