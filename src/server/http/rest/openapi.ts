// The OpenAPI 3.1 description of `/api`, made from the schemas that the routes read and promise.
import { z } from 'zod';
import { ERRORS } from '#protocol/errors.ts';
import { Failure, IdempotencyKey, success } from '#protocol/rest/envelope.ts';
import { ELSEWHERE } from './elsewhere.ts';
import type { Described } from './route.ts';
import { ROUTES } from './routes.ts';

type Json = Record<string, unknown>;

/** One JSON schema of a zod schema, as it is written (`input`) or told (`output`). */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
	const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
	return rest;
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function parametersOf(route: Described): Json[] {
	const of = (schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] => {
		if (!schema) return [];
		const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
			properties?: Record<string, Json>;
			required?: string[];
		};
		return Object.entries(properties).map(([name, property]) => ({
			name,
			in: where,
			required: where === 'path' || required.includes(name),
			schema: property
		}));
	};
	return [
		...of(route.params, 'path'),
		...of(route.query, 'query'),
		...(route.idempotent
			? [
					{
						name: 'Idempotency-Key',
						in: 'header',
						required: false,
						description: 'The same key with the same body gives the first answer again, for a day.',
						schema: schemaOf(IdempotencyKey, 'input')
					}
				]
			: [])
	];
}

function operationOf(route: Described): Json {
	const good =
		'schema' in route.answer
			? { 'application/json': { schema: ref(`${route.answer.name}Answer`) } }
			: Object.fromEntries(
					Object.entries(route.answer.media).map(([type, description]) => [
						type,
						{ schema: { type: 'string', description } }
					])
				);
	const parameters = parametersOf(route);
	return {
		operationId: route.id,
		summary: route.summary,
		...(route.right ? { 'x-right': route.right } : {}),
		...(parameters.length > 0 ? { parameters } : {}),
		...(route.body
			? {
					requestBody: {
						required: !route.idempotent || !acceptsNothing(route.body),
						content: { 'application/json': { schema: schemaOf(route.body, 'input') } }
					}
				}
			: {}),
		responses: {
			[route.status ?? 200]: { description: 'Done.', content: good },
			default: {
				description: 'Refused; `error.code` says why.',
				content: { 'application/json': { schema: ref('Failure') } }
			}
		}
	};
}

/** Whether a body may be left out. */
function acceptsNothing(body: z.ZodType): boolean {
	return body.safeParse({}).success;
}

/** The whole document. */
export function openApi(version: string): Json {
	const all: readonly Described[] = [...ROUTES, ...ELSEWHERE];
	const paths: Record<string, Json> = {};
	const schemas: Record<string, Json> = { Failure: schemaOf(Failure, 'output') };
	for (const route of all) {
		(paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
		if ('schema' in route.answer)
			schemas[`${route.answer.name}Answer`] = schemaOf(success(route.answer.schema), 'output');
	}
	const codes = Object.keys(ERRORS).join(', ');
	return {
		openapi: '3.1.0',
		info: {
			title: 'Agent Village',
			version,
			description: `Sign in with an API token as bearer. Every answer has a request id. Error codes: ${codes}.`
		},
		security: [{ bearer: [] }, { cookie: [] }],
		paths,
		components: {
			securitySchemes: {
				bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'avu_…' },
				cookie: { type: 'apiKey', in: 'cookie', name: 'av_login' }
			},
			schemas
		}
	};
}
