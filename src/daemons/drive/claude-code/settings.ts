// The settings of one session, given with `--settings`: never written into the user's own files.
import { HOOK_EVENTS } from './hook-input.ts';

/** A question may wait as long as the village lets it; the program's own limit only guards against a lost driver. */
const PERMISSION_TIMEOUT_S = 86_400;
const EVENT_TIMEOUT_S = 5;
/** Telemetry is sent this often: how an answer in the terminal is heard of. */
const EXPORT_MS = '1000';

export const SECRET_VARIABLE = 'VILLAGE_DRIVER_SECRET';
export const SECRET_HEADER = 'x-village-driver';

/**
 * Settings that send every event to the driver's loopback address. A driver that is gone leaves the program's own
 * dialog. `startedFile` gets what the program says at its start; its path has no quotes.
 */
export function hookSettings(url: string, startedFile: string): object {
	const hook = (timeout: number) => [
		{
			matcher: '*',
			hooks: [
				{
					type: 'http',
					url: `${url}/hook`,
					timeout,
					headers: { [SECRET_HEADER]: `$${SECRET_VARIABLE}` },
					allowedEnvVars: [SECRET_VARIABLE],
					onFailure: 'continue'
				}
			]
		}
	];
	const events = HOOK_EVENTS.map((event) => [
		event,
		hook(event === 'PermissionRequest' ? PERMISSION_TIMEOUT_S : EVENT_TIMEOUT_S)
	]);
	// The start is told to commands alone; the file is seen by the driver.
	const started = { type: 'command', command: `cat > '${startedFile}'`, timeout: EVENT_TIMEOUT_S };
	return {
		hooks: { ...Object.fromEntries(events), SessionStart: [{ hooks: [started] }] }
	};
}

/** Variables that keep the program's version and make the program report cost and decisions to the driver. */
export function programEnv(url: string, secret: string): Record<string, string> {
	return {
		// Versions are the village's to change, and never in the middle of work.
		DISABLE_AUTOUPDATER: '1',
		CLAUDE_CODE_ENABLE_TELEMETRY: '1',
		OTEL_LOGS_EXPORTER: 'otlp',
		OTEL_METRICS_EXPORTER: 'none',
		OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
		OTEL_EXPORTER_OTLP_ENDPOINT: url,
		OTEL_EXPORTER_OTLP_HEADERS: `${SECRET_HEADER}=${secret}`,
		OTEL_LOGS_EXPORT_INTERVAL: EXPORT_MS,
		[SECRET_VARIABLE]: secret
	};
}
