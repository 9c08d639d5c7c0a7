// Prometheus figures; labels have few values. Gauges are read when somebody asks, so that nobody pays while nobody looks.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
	readonly registry: Registry;
	/** Refused upgrades and frames by code. */
	rejected(door: string, code: string): void;
	sessionStarted(seconds: number): void;
	approvalDecided(seconds: number): void;
	close(): void;
}

/** What `/metrics` asks for at scrape time. */
export interface MetricSources {
	sessionsByState(): Promise<Record<string, number>>;
	runnersByStatus(): Promise<Record<string, number>>;
	approvalsPending(): Promise<number>;
	sockets(): ReadonlyMap<string, number>;
	persistQueueBytes(): number;
	terminalViewers(): { viewers: number; lagging: number };
}

export function createMetrics(sources: MetricSources): Metrics {
	const registry = new Registry();
	const delay = monitorEventLoopDelay({ resolution: 10 });
	delay.enable();
	const gauge = (
		name: string,
		help: string,
		labelNames: string[],
		collect: (g: Gauge) => void | Promise<void>
	) =>
		new Gauge({
			name,
			help,
			labelNames,
			registers: [registry],
			async collect() {
				this.reset();
				await collect(this);
			}
		});
	gauge('av_sessions', 'Sessions by state', ['state'], async (g) => {
		for (const [state, n] of Object.entries(await sources.sessionsByState())) g.set({ state }, n);
	});
	gauge('av_runner_status', 'Runners by status', ['status'], async (g) => {
		for (const [status, n] of Object.entries(await sources.runnersByStatus())) g.set({ status }, n);
	});
	gauge('av_approvals_pending', 'Approvals that wait for an answer', [], async (g) =>
		g.set(await sources.approvalsPending())
	);
	gauge('av_ws_clients', 'Open websockets by door', ['door'], (g) => {
		for (const [door, n] of sources.sockets()) g.set({ door }, n);
	});
	gauge('av_persist_queue_bytes', 'Terminal bytes that wait to be written', [], (g) =>
		g.set(sources.persistQueueBytes())
	);
	gauge('av_terminal_viewers', 'Viewers of terminals', ['state'], (g) => {
		const { viewers, lagging } = sources.terminalViewers();
		g.set({ state: 'live' }, viewers - lagging);
		g.set({ state: 'lagging' }, lagging);
	});
	gauge(
		'av_event_loop_delay_seconds',
		'Delay of the event loop since the last scrape',
		['quantile'],
		(g) => {
			g.set({ quantile: '0.5' }, delay.percentile(50) / 1e9);
			g.set({ quantile: '0.99' }, delay.percentile(99) / 1e9);
			g.set({ quantile: '1' }, delay.max / 1e9);
			delay.reset();
		}
	);
	gauge('av_process_resident_memory_bytes', 'Resident memory', [], (g) =>
		g.set(process.memoryUsage.rss())
	);
	const rejected = new Counter({
		name: 'av_frames_rejected_total',
		help: 'Refused upgrades, frames and messages',
		labelNames: ['door', 'code'],
		registers: [registry]
	});
	const start = new Histogram({
		name: 'av_session_start_seconds',
		help: 'From creation to a running process',
		buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
		registers: [registry]
	});
	const decided = new Histogram({
		name: 'av_approval_wait_seconds',
		help: 'From question to answer',
		buckets: [1, 5, 15, 60, 300, 900],
		registers: [registry]
	});
	return {
		registry,
		rejected: (door, code) => rejected.inc({ door, code }),
		sessionStarted: (seconds) => start.observe(seconds),
		approvalDecided: (seconds) => decided.observe(seconds),
		close: () => delay.disable()
	};
}
