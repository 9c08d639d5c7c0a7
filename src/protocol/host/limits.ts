// The numbers of the wire between a runner and its session host, in one place.

/** This wire's version. History: 1 the first. */
export const HOST_PROTOCOL = 1;
/** The oldest version a host of this build still serves. */
export const HOST_MIN_PROTOCOL = 1;

/** Kinds of byte streams, as in the binary frames to the server (control-plane.md 8.3). */
export const STREAM_KIND = {
	/** PTY output, or the transcript that a runner renders for a structured session. */
	terminal: 0x01,
	/** stderr of a process started on pipes. */
	stderr: 0x02,
	/** stdout of a process started on pipes: raw provider lines. */
	raw: 0x03,
	/** Time and size marks: 20-byte records, see mark.ts. */
	marks: 0x04,
	/** Input, runner to host. */
	input: 0x10
} as const;

/** Kinds a session produces and a runner may follow and acknowledge. */
export const OUTPUT_KINDS = [0x01, 0x02, 0x03, 0x04] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Largest payload of one wire frame in bytes, its 5-byte header not counted. */
export const MAX_HOST_FRAME = 1024 * 1024;
/** Largest payload of one binary stream frame in bytes (control-plane.md 8.3). */
export const MAX_STREAM_PAYLOAD = 65_536;
/** Sent and not yet acknowledged, per stream and kind, in bytes (control-plane.md 8.6). */
export const STREAM_WINDOW = 1024 * 1024;
/** Sent and not yet acknowledged, per connection, in bytes (control-plane.md 8.6). */
export const CONNECTION_WINDOW = 4 * 1024 * 1024;
/** Input accepted and not yet written to the process, per session, in bytes. */
export const INPUT_QUEUE = 1024 * 1024;
/** Output kept on disk per session while nobody acknowledges, in bytes; then the process waits. */
export const SPOOL_LIMIT = 64 * 1024 * 1024;
/** Output kept on disk per session and kind even when acknowledged, in bytes. */
export const SPOOL_KEEP = 4 * 1024 * 1024;
/** Questions a session may have open at once (control-plane.md 18). */
export const MAX_PENDING_ASKS = 50;
