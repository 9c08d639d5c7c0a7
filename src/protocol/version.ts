// One number per wire, and the oldest we still serve.

/**
 * The runner wire (`/ws/runner`). A change that an older peer would misread bumps `RUNNER_PROTOCOL`; a new optional
 * field or a new `t` does not, because unknown ones are ignored. `fixtures/runner/fixtures.test.ts` guards it.
 *
 * Version 1: hello, sessions, approvals, byte streams with offsets, house facts, house checks, and questions about workspaces.
 */
export const RUNNER_PROTOCOL = 1;

/** The oldest runner wire that is still served. */
export const RUNNER_PROTOCOL_MIN = 1;

/** Subprotocol a runner offers in the upgrade request. */
export const RUNNER_SUBPROTOCOL = 'village-runner.v1';
