// Addresses of a session's page and of its transcript.

export const sessionPath = (sessionId: string) => `/sessions/${encodeURIComponent(sessionId)}`;

/** asciicast v2 with true timing and sizes, or plain text without escape sequences. */
export const transcriptPath = (sessionId: string, format: 'cast' | 'txt') =>
	`/api/sessions/${encodeURIComponent(sessionId)}/transcript?format=${format}`;
