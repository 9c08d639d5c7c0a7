// Puts a session's terminal into an element: the emulator with its addons, fed from the page's one socket. The emulator
// is loaded when the first terminal is shown.
import type { ISearchOptions } from '@xterm/addon-search';
import type { Attachment } from 'svelte/attachments';
import type { Link } from './client.ts';
import { createFeeder, type Feeder } from './feeder.ts';
import { touchKeyBytes, withControl } from './keys.ts';
import { hold, isLongPaste, NOTHING_TYPED, useOfKeys, type Typing } from './keyboard-use.ts';
import { useGraphicsCard } from './graphics.ts';
import { themeFor } from './theme.ts';
import type { TerminalOptions, TerminalStatus } from './view.ts';

const SCROLLBACK = 5_000;
const SMALLEST_FONT = 8;
const RESIZE_MS = 80;
const SEARCH: ISearchOptions = {
	decorations: { matchOverviewRuler: '#888', activeMatchColorOverviewRuler: '#e9a23b' }
};

/** A Svelte attachment: `<div {@attach terminal({...})}>`. */
export function terminal(options: TerminalOptions): Attachment<HTMLElement> {
	return (element) => {
		const stop = new AbortController();
		mount(element, options, stop.signal).catch((error: unknown) => {
			if (stop.signal.aborted) return;
			console.error('terminal', error);
			options.onstatus({
				...blank(),
				connection: {
					state: 'refused',
					code: 'NOT_LOADED',
					message: 'The terminal could not be loaded. Reload the page.'
				}
			});
		});
		return () => stop.abort();
	};
}

function blank(): TerminalStatus {
	return {
		connection: { state: 'connecting' },
		phase: 'waiting',
		canWrite: false,
		keyboard: { holder: null, requests: [] },
		viewerId: null,
		pending: 0,
		latencyMs: null,
		exit: null,
		notice: null,
		settled: false
	};
}

async function mount(
	element: HTMLElement,
	options: TerminalOptions,
	signal: AbortSignal
): Promise<void> {
	const [{ Terminal }, { FitAddon }, { SearchAddon }, { WebLinksAddon }, { Unicode11Addon }] =
		await Promise.all([
			import('@xterm/xterm'),
			import('@xterm/addon-fit'),
			import('@xterm/addon-search'),
			import('@xterm/addon-web-links'),
			import('@xterm/addon-unicode11'),
			import('@xterm/xterm/css/xterm.css'),
			document.fonts?.load(`${options.fontSize}px "JetBrains Mono"`).catch(() => [])
		]);
	if (signal.aborted) return;

	let fontSize = options.fontSize;
	const page = getComputedStyle(document.documentElement);
	const term = new Terminal({
		fontFamily: '"JetBrains Mono", ui-monospace, monospace',
		fontSize,
		lineHeight: 1.15,
		scrollback: SCROLLBACK,
		allowProposedApi: true,
		cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
		minimumContrastRatio: 4.5,
		macOptionIsMeta: true,
		screenReaderMode: options.screenReader,
		theme: themeFor(page)
	});
	const fit = new FitAddon();
	const search = new SearchAddon();
	term.loadAddon(fit);
	term.loadAddon(search);
	term.loadAddon(new WebLinksAddon());
	term.loadAddon(new Unicode11Addon());
	term.unicode.activeVersion = '11';
	term.open(element);
	void useGraphicsCard(term, signal);

	let status = blank();
	let typing: Typing = NOTHING_TYPED;
	let asking = false;
	let control = false;
	let viewport: { cols: number; rows: number } | null = null;
	let keyAt = 0;
	let personAt = 0;

	/** Why keys went nowhere; what is no longer so is no longer said. */
	let refusal: string | null = null;

	const tell = (change: Partial<TerminalStatus>) => {
		const news = change.phase ?? change.keyboard ?? change.canWrite;
		const stale = news !== undefined && refusal !== null && status.notice === refusal;
		status = { ...status, ...(stale ? { notice: null } : {}), ...change };
		options.onstatus(status);
	};
	const refuse = () => {
		refusal = whyNot();
		tell({ notice: refusal });
	};
	const feeder: Feeder = createFeeder(
		{
			write: (data, parsed) => term.write(data, parsed),
			resize: (cols, rows) => {
				term.resize(cols, rows);
				shrinkToFit();
			},
			reset: () => term.reset()
		},
		(offset) => link.acknowledge(offset)
	);

	const link: Link = options.client.attach(options.sessionId, {
		received: () => feeder.received,
		viewport: () =>
			options.compact || !viewport ? null : { ...viewport, visible: !document.hidden },
		connection(connection) {
			if (connection.state === 'lost' && typing.typed > typing.taken)
				tell({ notice: 'The connection broke: the last keys may not have arrived.' });
			tell({ connection });
		},
		attached(message) {
			// The counter of keys belongs to one attachment.
			const held = status.viewerId === null ? typing.held : [];
			typing = { ...NOTHING_TYPED, held };
			asking = false;
			feeder.reconnected();
			if (message.resume === 'bytes' && feeder.received < 0) feeder.begin(message.headOffset);
			if (feeder.received < 0 || message.headOffset === 0) term.resize(message.cols, message.rows);
			tell({
				phase: message.phase,
				canWrite: message.canWrite,
				keyboard: message.keyboard,
				viewerId: message.viewerId,
				pending: 0,
				exit: message.phase === 'ended' ? status.exit : null
			});
			if (held.length > 0) {
				if (message.phase !== 'live' || !message.canWrite || message.keyboard.holder) {
					typing = NOTHING_TYPED;
					refuse();
				} else {
					asking = true;
					link.keyboard('request');
				}
			}
			if (message.resume === 'bytes') feeder.settled(() => tell({ settled: true }));
			shrinkToFit();
		},
		bytes(offset, data) {
			feeder.bytes(offset, data);
			if (keyAt === 0) return;
			const ms = performance.now() - keyAt;
			keyAt = 0;
			if (ms > 2_000) return;
			tell({ latencyMs: status.latencyMs === null ? ms : status.latencyMs * 0.8 + ms * 0.2 });
		},
		snapshot(offset, cols, rows, text) {
			feeder.snapshot(offset, cols, rows, text);
			feeder.settled(() => tell({ settled: true }));
		},
		inputTaken(counter) {
			typing = { ...typing, taken: Math.max(typing.taken, counter) };
			tell({ pending: typing.typed - typing.taken });
		},
		message(message) {
			switch (message.t) {
				case 'size':
					return feeder.size(message.offset, message.cols, message.rows);
				case 'gap':
					feeder.gap(message.to);
					return tell({ notice: 'Some output is missing here: it was lost before it got here.' });
				case 'phase':
					return tell({ phase: message.phase });
				case 'access':
					return tell({ canWrite: message.canWrite });
				case 'keyboard':
					tell({ keyboard: { holder: message.holder, requests: message.requests } });
					if (message.holder?.viewerId === status.viewerId) release();
					else if (message.holder) typing = { ...typing, held: [] };
					asking = false;
					return;
				case 'exit':
					return feeder.settled(() =>
						tell({ phase: 'ended', exit: { code: message.code, signal: message.signal } })
					);
				case 'input_note':
					return tell({ notice: `${message.by} sent input.` });
				case 'error':
					asking = false;
					if (message.counter !== undefined) typing = { ...typing, taken: typing.typed };
					return tell({ notice: message.message, pending: typing.typed - typing.taken });
				case 'detached':
					return;
			}
		}
	});

	/** Sends what was typed while the keyboard was asked for. */
	function release(): void {
		const { held } = typing;
		typing = { ...typing, held: [] };
		for (const data of held) send(data);
	}

	function send(data: Uint8Array): void {
		const typed = typing.typed + data.length;
		if (!link.input(typed, data)) {
			refuse();
			return;
		}
		typing = { ...typing, typed };
		keyAt = performance.now();
		tell({ pending: typing.typed - typing.taken });
	}

	function type(data: Uint8Array, byPerson: boolean): void {
		const { keyboard, viewerId, canWrite } = status;
		// The page is just opening: whoever begins to type at once is not asked to begin again.
		if (viewerId === null && byPerson && options.mayWrite()) {
			typing = hold(typing, data);
			return;
		}
		const may = canWrite && options.mayWrite() && status.phase === 'live';
		const use = useOfKeys(keyboard, viewerId, may, byPerson, asking);
		if (use === 'send') return send(data);
		if (use === 'refuse') {
			if (byPerson) refuse();
			return;
		}
		typing = hold(typing, data);
		if (use === 'hold') return;
		asking = true;
		link.keyboard('request');
	}

	function whyNot(): string {
		if (status.connection.state !== 'open') return 'Not connected: what you type is not sent.';
		if (status.phase === 'paused') return 'The session is paused: resume it to type.';
		if (status.phase === 'ended') return 'The session has ended.';
		if (status.phase === 'waiting') return 'The session has not started yet.';
		if (!status.canWrite || !options.mayWrite()) return 'You may look here, not type.';
		return `${status.keyboard.holder?.name ?? 'Somebody'} has the keyboard.`;
	}

	const encoder = new TextEncoder();
	term.onData((text) => {
		const byPerson = performance.now() - personAt < 200;
		const sent = control && byPerson ? withControl(text) : text;
		if (control && byPerson) {
			control = false;
			options.oncontrolused();
		}
		type(encoder.encode(sent), byPerson);
	});
	term.onBinary((text) =>
		type(
			Uint8Array.from(text, (char) => char.charCodeAt(0)),
			false
		)
	);
	term.attachCustomKeyEventHandler((event) => {
		if (
			event.type === 'keydown' &&
			event.key.toLowerCase() === 'f' &&
			event.ctrlKey &&
			!event.altKey
		) {
			event.preventDefault();
			options.onfind();
			return false;
		}
		return true;
	});

	const listen = { signal, capture: true };
	for (const name of ['keydown', 'beforeinput', 'compositionend', 'paste'] as const)
		element.addEventListener(name, () => void (personAt = performance.now()), listen);
	// Mouse reports are what a person does, too; the emulator sends them only when a program asked for them.
	for (const name of ['mousedown', 'mouseup', 'wheel'] as const)
		element.addEventListener(name, () => void (personAt = performance.now()), {
			...listen,
			passive: true
		});
	element.addEventListener(
		'paste',
		(event) => {
			const text = event.clipboardData?.getData('text/plain') ?? '';
			if (!isLongPaste(text)) return;
			event.preventDefault();
			event.stopPropagation();
			void options.confirmPaste(text).then((yes) => {
				personAt = performance.now();
				if (yes && !signal.aborted) term.paste(text);
				term.focus();
			});
		},
		listen
	);

	/** How much fits at the chosen font, whatever font is in use now. */
	function measure(): void {
		const fits = fit.proposeDimensions();
		if (!fits || !Number.isFinite(fits.cols) || !Number.isFinite(fits.rows)) return;
		const scale = (term.options.fontSize ?? fontSize) / fontSize;
		const cols = Math.min(500, Math.max(10, Math.floor(fits.cols * scale)));
		const rows = Math.min(300, Math.max(2, Math.floor(fits.rows * scale)));
		if (viewport?.cols !== cols || viewport.rows !== rows) {
			viewport = { cols, rows };
			link.viewportChanged();
		}
		shrinkToFit();
	}

	/** The terminal is at least 80 columns wide: on a narrow screen the letters get smaller instead. */
	function shrinkToFit(): void {
		if (!viewport) return;
		const want = Math.floor(Math.min(1, viewport.cols / term.cols) * fontSize * 2) / 2;
		const size = Math.max(SMALLEST_FONT, want);
		if (term.options.fontSize !== size) term.options.fontSize = size;
	}

	let resizeTimer: ReturnType<typeof setTimeout> | null = null;
	const observer = new ResizeObserver(() => {
		resizeTimer ??= setTimeout(() => {
			resizeTimer = null;
			measure();
		}, RESIZE_MS);
	});
	observer.observe(element);
	measure();
	document.addEventListener('visibilitychange', () => link.viewportChanged(), { signal });
	const repaint = new MutationObserver(() => {
		term.options.theme = themeFor(getComputedStyle(document.documentElement));
	});
	repaint.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });

	signal.addEventListener('abort', () => {
		if (resizeTimer) clearTimeout(resizeTimer);
		observer.disconnect();
		repaint.disconnect();
		link.close();
		feeder.close();
		term.dispose();
	});
	options.onready({
		focus: () => term.focus(),
		keyboard(action, to) {
			link.keyboard(action, to);
			term.focus();
		},
		press(key) {
			type(encoder.encode(touchKeyBytes(key, term.modes.applicationCursorKeysMode)), true);
		},
		setControl: (on) => void (control = on),
		find: (text, direction) =>
			direction === 'next' ? search.findNext(text, SEARCH) : search.findPrevious(text, SEARCH),
		endFind() {
			search.clearDecorations();
			term.focus();
		},
		setFontSize(px) {
			fontSize = px;
			term.options.fontSize = px;
			viewport = null;
			measure();
		},
		setScreenReader: (on) => void (term.options.screenReaderMode = on)
	});
	if (options.autofocus) term.focus();
}
