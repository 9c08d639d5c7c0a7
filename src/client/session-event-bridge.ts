// Sessions as a village tells of them: what the control plane says of a session becomes what its agent does. The table is
// that of the protocol, and nothing else.
import type { SessionMessage } from '#protocol/client/session.ts';
import type { ApprovalRequired } from '#protocol/client/approval-required.ts';
import type { ControlPlaneClient, SubscriptionProblem } from './control-plane-client.ts';
import type { SessionEvent } from './position.ts';

/** What the outside is told. `ts` is in epoch milliseconds. */
export interface VillageEvents {
	work_stream: { agentId: string; sessionId: string; message: string; kind: string; ts: number };
	agent_update: {
		agentId: string;
		sessionId: string;
		state: 'starting' | 'running' | 'waiting' | 'paused' | 'idle' | 'error';
		sessionState: string;
		ts: number;
	};
	approval_needed: {
		agentId: string;
		sessionId: string;
		requestId: string;
		approvalId: string;
		action: string;
		risk: string;
		summary: string;
		details: Record<string, unknown> | null;
		expiresAt: string;
	};
	approval_resolved: {
		agentId: string;
		requestId: string;
		approvalId: string;
		decision: 'allow' | 'deny' | null;
		status: string;
		resolvedBy: unknown;
	};
	terminal_output: {
		agentId: string;
		sessionId: string;
		data: string;
		offset: number;
		nextOffset: number;
	};
	agent_leave: { agentId: string; sessionId: string; ts: number };
}

/** Whoever shows it: rooms of agents and villages. One that throws is counted, and nobody else feels it. */
export interface VillageSink {
	toAgent<K extends keyof VillageEvents>(
		agentId: string,
		event: K,
		payload: VillageEvents[K]
	): void;
	toVillage<K extends keyof VillageEvents>(
		villageId: string,
		event: K,
		payload: VillageEvents[K]
	): void;
}

export interface BridgeHealth {
	connected: boolean;
	sessions: number;
	/** Events that were passed on, and those the sink failed on. */
	delivered: number;
	failed: number;
	lastFailure: string | null;
}

const STATES: Record<string, VillageEvents['agent_update']['state']> = {
	CREATED: 'starting',
	QUEUED: 'starting',
	RUNNING: 'running',
	WAITING_FOR_APPROVAL: 'waiting',
	PAUSED_BY_HUMAN: 'paused',
	FAILED: 'error',
	TIMED_OUT: 'error'
};
/** Characters of one line of work. */
const MOST_TEXT = 500;

export class SessionEventBridge {
	readonly #client: ControlPlaneClient;
	readonly #sink: VillageSink;
	readonly #sessions = new Map<string, { agentId: string; villageId: string }>();
	#delivered = 0;
	#failed = 0;
	#lastFailure: string | null = null;

	constructor(client: ControlPlaneClient, sink: VillageSink) {
		this.#client = client;
		this.#sink = sink;
	}

	/** Passes on what happens in a session until it ends. Rejects with `Refusal` as `ControlPlaneClient.subscribe` does. */
	async subscribeToSession(
		sessionId: string,
		agentId: string,
		villageId: string,
		from: { fromSeq?: number; fromOffset?: number } = {}
	): Promise<void> {
		this.#sessions.set(sessionId, { agentId, villageId });
		try {
			await this.#client.subscribe(sessionId, (event) => this.#pass(event), {
				...from,
				onProblem: (problem) => this.#problem(sessionId, problem)
			});
		} catch (error) {
			this.#sessions.delete(sessionId);
			throw error;
		}
	}

	async unsubscribeFromSession(sessionId: string): Promise<void> {
		if (this.#sessions.delete(sessionId)) await this.#client.unsubscribe(sessionId);
	}

	health(): BridgeHealth {
		return {
			connected: this.#client.health().connected,
			sessions: this.#sessions.size,
			delivered: this.#delivered,
			failed: this.#failed,
			lastFailure: this.#lastFailure
		};
	}

	/** The session can no longer be followed: its agent is shown as nobody's. */
	#problem(sessionId: string, problem: SubscriptionProblem): void {
		const mapped = this.#sessions.get(sessionId);
		if (problem.kind !== 'ended' || !mapped) return;
		this.#sessions.delete(sessionId);
		const { agentId } = mapped;
		this.#both(mapped, 'agent_leave', { agentId, sessionId, ts: Date.now() });
	}

	#pass(event: SessionEvent): void {
		const mapped = this.#sessions.get(event.sessionId);
		if (!mapped) return;
		if (event.type === 'terminal') {
			const { agentId } = mapped;
			const { sessionId, data, offset, nextOffset } = event;
			this.#agent(mapped, 'terminal_output', { agentId, sessionId, data, offset, nextOffset });
		} else if (event.type === 'approval_required') this.#approval(mapped, event);
		else this.#session(mapped, event);
	}

	#approval(mapped: { agentId: string; villageId: string }, event: ApprovalRequired): void {
		const { description, requestedAt: _, ...rest } = event.approval;
		this.#both(mapped, 'approval_needed', {
			agentId: mapped.agentId,
			sessionId: event.sessionId,
			...rest,
			summary: description
		});
	}

	#session(mapped: { agentId: string; villageId: string }, event: SessionMessage): void {
		const { agentId } = mapped;
		const { sessionId } = event;
		const ts = Date.parse(event.timestamp);
		switch (event.action) {
			case 'output': {
				const { output, kind } = event.data;
				const message = output.slice(0, MOST_TEXT).toWellFormed();
				return this.#both(mapped, 'work_stream', { agentId, sessionId, message, kind, ts });
			}
			case 'state_change': {
				const { newState: sessionState } = event.data;
				const state = STATES[sessionState] ?? 'idle';
				return this.#both(mapped, 'agent_update', { agentId, sessionId, state, sessionState, ts });
			}
			case 'approval_request':
				return this.#both(mapped, 'approval_needed', { agentId, sessionId, ...event.data });
			case 'approval_resolved':
				return this.#both(mapped, 'approval_resolved', { agentId, ...event.data });
			case 'completed':
				this.#sessions.delete(sessionId);
				void this.#client.unsubscribe(sessionId);
				return this.#both(mapped, 'agent_leave', { agentId, sessionId, ts });
		}
	}

	#both<K extends keyof VillageEvents>(
		mapped: { agentId: string; villageId: string },
		event: K,
		payload: VillageEvents[K]
	): void {
		this.#agent(mapped, event, payload);
		this.#try(() => this.#sink.toVillage(mapped.villageId, event, payload));
	}

	#agent<K extends keyof VillageEvents>(
		{ agentId }: { agentId: string },
		event: K,
		payload: VillageEvents[K]
	): void {
		this.#try(() => this.#sink.toAgent(agentId, event, payload));
	}

	#try(work: () => void): void {
		try {
			work();
			this.#delivered++;
		} catch (error) {
			this.#failed++;
			this.#lastFailure = error instanceof Error ? error.message : String(error);
		}
	}
}
