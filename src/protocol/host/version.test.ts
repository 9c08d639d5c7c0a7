import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { AskDown, AskUp } from './ask-line.ts';
import { HostDown } from './down.ts';
import { HOST_PROTOCOL } from './limits.ts';
import { TellDown, TellHello, TellLine } from './tell-line.ts';
import { HostUp } from './up.ts';

// A host of an older version goes on serving its sessions after an update. If this fails, decide
// whether it still understands the new messages: if not, raise HOST_PROTOCOL and write its history.
test('the messages are those of this protocol version', () => {
	const wires = [HostUp, HostDown, AskUp, AskDown, TellHello, TellLine, TellDown];
	const schemas = wires.map((schema) => z.toJSONSchema(schema));
	const hash = createHash('sha256').update(JSON.stringify(schemas)).digest('hex').slice(0, 16);
	expect([HOST_PROTOCOL, hash]).toEqual([1, 'c4bcdd0d86424fee']);
});
