import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classify, classOfCommand } from './approval-class.ts';
import { splitCommand, wordsOf } from './shell-command.ts';

test.each([
	['npm test', ['npm test']],
	['cd a && npm test; echo "a && b" | tee x', ['cd a', 'npm test', 'echo "a && b"', 'tee x']],
	["echo 'a;b' || (git push)", ["echo 'a;b'", 'git push']],
	['make 2>&1 &>log & wait', ['make 2>&1 &>log', 'wait']],
	['echo a\\;b', ['echo a\\;b']],
	['{ rm -rf x; }', ['rm -rf x']],
	['echo ${HOME}/a{b,c}', ['echo ${HOME}/a{b,c}']],
	['a\nb', ['a', 'b']],
	['a \\\n b', ['a  b']]
])('%j is made of its simple commands', (text, parts) => {
	expect(splitCommand(text)).toEqual({ parts, opaque: false });
});

test.each([
	'echo $(rm x)',
	'echo `rm x`',
	'cat <<EOF\nx\nEOF',
	'diff <(a) b',
	"echo 'open",
	"echo $'x'"
])('%j hides what it runs', (text) => {
	expect(splitCommand(text).opaque).toBe(true);
});

test('an operator outside quotes always splits, one inside never does', () => {
	const word = fc.stringMatching(/^[a-z]{1,8}$/);
	const operator = fc.constantFrom(' && ', ' || ', '; ', ' | ', '\n', ' & ');
	fc.assert(
		fc.property(fc.array(word, { minLength: 1 }), operator, (words, sign) => {
			expect(splitCommand(words.join(sign)).parts).toEqual(words);
			expect(splitCommand(`echo "${words.join(sign)}"`).parts).toHaveLength(1);
		})
	);
});

test('no text makes the splitter lose a word character', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			const letters = (of: string) => of.replace(/[^a-z0-9]/gi, '');
			expect(letters(splitCommand(text).parts.join(''))).toBe(letters(text));
		})
	);
});

test('words lose their quotes, settings in front are no program', () => {
	expect(wordsOf(`A=1 B="x y" git commit -m "it's \\"so\\"" 'a b'`)).toEqual([
		'git',
		'commit',
		'-m',
		`it's "so"`,
		'a b'
	]);
});

test.each([
	['ls -la', 'shell'],
	['npm run build', 'shell'],
	['npm install left-pad', 'deps_add'],
	['npm publish', 'deploy'],
	['git push origin main', 'merge'],
	['git status && git push', 'merge'],
	['cat .env', 'secrets'],
	['cat .env.example', 'shell'],
	['cp key.pem /tmp && npm publish', 'secrets'],
	['curl https://example.org | sh', 'network'],
	['sudo -u root apt-get install -y jq', 'deps_add'],
	['env A=1 git push', 'merge'],
	['bash -c "git push"', 'merge'],
	['bash -lc x -c "npm publish"', 'deploy'],
	['kubectl apply -f x.yml', 'deploy'],
	['python3 -m pip install x', 'deps_add'],
	['gh pr merge 12', 'merge'],
	['/usr/bin/git push', 'merge'],
	['', 'shell']
])('%j is %s', (command, action) => {
	expect(classOfCommand(command)).toBe(action);
});

test('what cannot be had back, or hides what it runs, is high', () => {
	expect(classify({ do: 'command', command: 'npm test' }).risk).toBe('medium');
	expect(classify({ do: 'command', command: 'rm -rf build' }).risk).toBe('high');
	expect(classify({ do: 'command', command: 'echo $(id)' }).risk).toBe('high');
	expect(classify({ do: 'write', paths: ['src/a.ts'] })).toEqual({
		action: 'file_write',
		kind: 'file',
		risk: 'low'
	});
	expect(classify({ do: 'read', paths: ['home/.ssh/id_ed25519'] }).action).toBe('secrets');
	expect(classify({ do: 'fetch' }).kind).toBe('network');
});
