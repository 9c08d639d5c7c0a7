// Numbers of the client wire that both sides must agree on (control-plane.md 9).

/** The one version of this wire, told in `connected`. */
export const CLIENT_PROTOCOL = 1;
/** Largest message, bytes, both ways. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** Most bytes of one input, in UTF-8. */
export const MAX_INPUT_BYTES = 65_536;
/** Sessions and runners one connection may be subscribed to. */
export const MAX_SUBSCRIPTIONS = 200;
/** The server pings this often. */
export const HEARTBEAT_INTERVAL_MS = 30_000;
