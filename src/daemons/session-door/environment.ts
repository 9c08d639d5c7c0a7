/** Where and with what a process inside a session asks and tells; the session host sets it for every child. */
export interface SessionDoorEnv {
	socketPath: string;
	token: string;
	sessionId: string;
}

/** Reads it from the environment; null outside a session. */
export function readSessionDoor(env: NodeJS.ProcessEnv): SessionDoorEnv | null {
	const { VILLAGE_ASK_SOCKET, VILLAGE_ASK_TOKEN, VILLAGE_SESSION_ID } = env;
	if (!VILLAGE_ASK_SOCKET || !VILLAGE_ASK_TOKEN || !VILLAGE_SESSION_ID) return null;
	return {
		socketPath: VILLAGE_ASK_SOCKET,
		token: VILLAGE_ASK_TOKEN,
		sessionId: VILLAGE_SESSION_ID
	};
}
