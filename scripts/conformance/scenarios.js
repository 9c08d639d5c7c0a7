// What the fake model says in the cases: the same work for every program.

const done = { reply: { text: 'All is done.' } };

/** Words alone. */
export const ANSWER = {
	title: 'Greeting',
	turns: [
		{ reply: { text: 'Good morning to you.', usage: { input: 1200, output: 40, cached: 200 } } }
	]
};

/** One command, then the end. */
export const COMMAND = {
	title: 'A command',
	turns: [
		{
			reply: {
				text: 'I make a file.',
				actions: [{ do: 'shell', command: 'echo made > made.txt' }],
				usage: { input: 1200, output: 40, cached: 200 }
			}
		},
		done
	]
};

/** One file, then the end. */
export const FILE = {
	title: 'A file',
	turns: [
		{
			reply: {
				text: 'I write a file.',
				actions: [{ do: 'write', path: 'greeting.txt', content: 'Good morning\n' }]
			}
		},
		done
	]
};

export const PLAN = {
	title: 'A plan',
	turns: [{ reply: { actions: [{ do: 'plan', text: 'Read the notes\nWrite a greeting' }] } }, done]
};

export const QUESTION = {
	title: 'A question',
	turns: [
		{
			reply: {
				actions: [
					{
						do: 'question',
						header: 'Language',
						question: 'Which language?',
						options: ['English', 'French']
					}
				]
			}
		},
		{ match: { toolResult: 'French' }, reply: { text: 'It will be French.' } },
		done
	]
};

/** An answer that takes a minute. */
export const SLOW = {
	title: 'A long answer',
	turns: [{ reply: { text: 'word '.repeat(2000), pieceMs: 250 } }, done]
};
