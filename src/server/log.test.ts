import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, test } from 'vitest';
import { createLog, withLogContext } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
	let lines = '';
	write(createLog('debug', { write: (line: string) => void (lines += line) }));
	return lines;
}

test('secrets are cut out of log lines wherever they stand', () => {
	const lines = logged((log) =>
		log.info({
			authorization: 'Bearer avu_secret',
			headers: { cookie: 'av_login=secret', 'set-cookie': 'av_login=secret' },
			runner: { credential: 'avr_secret', deep: { joinToken: 'avj_secret' } },
			input: { data: 'secret', password: 'secret' }
		})
	);
	expect(lines).not.toContain('secret');
	expect(JSON.parse(lines)).toMatchObject({
		authorization: '[redacted]',
		runner: { credential: '[redacted]', deep: { joinToken: '[redacted]' } },
		input: { data: '[redacted]', password: '[redacted]' }
	});
});

test('a failed query is told without the values it was given', () => {
	const cause = Object.assign(new Error('invalid byte sequence'), {
		where: "unnamed portal parameter $1 = 'hidden-1'",
		detail: 'Failing row contains (hidden-2)'
	});
	const failure = new DrizzleQueryError('insert into "users" values ($1)', ['hidden\nat 3'], cause);
	const lines = logged((log) =>
		withLogContext({ requestId: 'r-1' }, () =>
			log.error({ err: new Error('could not join', { cause: failure }) }, 'procedure failed')
		)
	);
	expect(lines).not.toContain('hidden');
	expect(lines).toContain('[redacted]');
	expect(lines).toContain('insert into');
	expect(JSON.parse(lines)).toMatchObject({ requestId: 'r-1', msg: 'procedure failed' });
});
