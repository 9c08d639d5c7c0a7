import { expect, onTestFinished, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { Attached } from '#protocol/terminal/attached.ts';
import { terminal } from './attach.ts';
import type { LinkEvents, TerminalClient } from './client.ts';
import type { TerminalStatus, TerminalView } from './view.ts';

const attached: Attached = {
	t: 'attached',
	ref: 1,
	stream: 1,
	sessionId: 's',
	viewerId: 'me',
	firstOffset: 0,
	headOffset: 0,
	resume: 'snapshot',
	cols: 80,
	rows: 24,
	canWrite: true,
	phase: 'live',
	keyboard: { holder: null, requests: [] }
};
const me = { viewerId: 'me', userId: 'u', name: 'Me' };
const bytes = (text: string) => new TextEncoder().encode(text);

/** A terminal on the page, with a connection that is played by the test. */
async function show(over: { confirm?: boolean } = {}) {
	let events: LinkEvents | undefined;
	const sent: { typed: string; asked: string[]; acks: number[] } = {
		typed: '',
		asked: [],
		acks: []
	};
	const client: TerminalClient = {
		attach(_id, given) {
			events = given;
			return {
				acknowledge: (offset) => void sent.acks.push(offset),
				input(_counter, data) {
					sent.typed += new TextDecoder().decode(data);
					return true;
				},
				keyboard: (action) => void sent.asked.push(action),
				viewportChanged: () => {},
				close: () => {}
			};
		},
		wake: () => {},
		close: () => {}
	};
	let status: TerminalStatus | undefined;
	let view: TerminalView | undefined;
	const pastes: string[] = [];
	const element = document.createElement('div');
	element.style.cssText = 'width: 900px; height: 500px';
	document.body.append(element);
	const stop = terminal({
		client,
		sessionId: 's',
		mayWrite: () => true,
		compact: false,
		autofocus: true,
		fontSize: 13,
		screenReader: false,
		onstatus: (next) => (status = next),
		onready: (next) => (view = next),
		oncontrolused: () => {},
		onfind: () => {},
		confirmPaste(text) {
			pastes.push(text);
			return Promise.resolve(over.confirm ?? false);
		}
	})(element);
	onTestFinished(() => {
		if (stop) stop();
		element.remove();
	});
	await expect.poll(() => view).toBeDefined();
	return {
		element,
		sent,
		pastes,
		events: events!,
		view: view!,
		status: () => status!,
		text: () => element.querySelector('.xterm-rows')?.textContent ?? ''
	};
}

test('a snapshot and the bytes after it are on the screen, and what was parsed is acknowledged', async () => {
	const { events, sent, text, status } = await show();
	events.connection({ state: 'open' });
	events.attached(attached);
	events.snapshot(500, 80, 24, bytes('restored'));
	events.bytes(500, bytes(' and live'));
	await expect.poll(text).toContain('restored and live');
	await expect.poll(() => sent.acks.at(-1)).toBe(509);
	expect(status().settled).toBe(true);
});

test('typing asks for a free keyboard, and what was typed meanwhile is sent once it is there', async () => {
	const { events, sent, status } = await show();
	events.connection({ state: 'open' });
	events.attached(attached);
	await userEvent.keyboard('ls');
	await expect.poll(() => sent.asked).toEqual(['request']);
	expect(sent.typed).toBe('');
	events.message({ t: 'keyboard', stream: 1, holder: me, requests: [] });
	await expect.poll(() => sent.typed).toBe('ls');
	expect(status().pending).toBe(2);
	events.inputTaken(2);
	expect(status().pending).toBe(0);
});

test('an emulator that does not hold the keyboard answers no question of the program', async () => {
	const { events, sent } = await show();
	events.connection({ state: 'open' });
	events.attached(attached);
	events.snapshot(0, 80, 24, bytes(''));
	await new Promise((resolve) => setTimeout(resolve, 250));
	events.bytes(0, bytes('\x1b[c\x1b[6n'));
	await expect.poll(() => sent.acks.at(-1)).toBe(7);
	expect(sent).toMatchObject({ typed: '', asked: [] });
});

test('many pasted lines are asked about first', async () => {
	const { element, events, sent, pastes } = await show({ confirm: true });
	events.connection({ state: 'open' });
	events.attached({ ...attached, keyboard: { holder: me, requests: [] } });
	const data = new DataTransfer();
	const lines = Array.from({ length: 8 }, (_, i) => `line ${i}`).join('\n');
	data.setData('text/plain', lines);
	element
		.querySelector('textarea')!
		.dispatchEvent(
			new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
		);
	await expect.poll(() => pastes).toEqual([lines]);
	await expect.poll(() => sent.typed).toContain('line 7');
});
