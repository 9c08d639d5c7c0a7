// Numbers of the presence door that both sides keep.

/** Largest message in bytes. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Messages a person may send per second, over all their tabs; what is above is dropped and answered `RATE_LIMITED`. */
export const MESSAGES_PER_SECOND = 10;
/** How often a client says that it is still there. */
export const HERE_EVERY_MS = 10_000;
/** Silence after which a person is no longer shown. */
export const EXPIRES_AFTER_MS = 30_000;
/** Positions go out at most this often. */
export const MOVED_EVERY_MS = 100;
/** The full list of people goes out at most this often. */
export const PEOPLE_EVERY_MS = 500;
/** Tiles around a person's view in which they hear of others moving. */
export const VIEW_MARGIN_TILES = 8;
