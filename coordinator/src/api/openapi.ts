import { z } from 'zod';
import { problem } from './problem.js';
import type { Sight } from './role.js';
import * as routes from './routes/index.js';
import { type Access, type AnyShape, components } from './shape.js';

type Json = Readonly<Record<string, unknown>>;

const refTo = (id: string): string => `#/components/schemas/${id}`;

/** Every declared call. Read from the routes themselves, so that none can be left out. */
export function allShapes(): readonly AnyShape[] {
  const exported: readonly unknown[] = Object.values(routes);
  return exported.filter(isShape);
}

/** The OpenAPI 3.1 description of the API, made from the schemas that check each call. */
export function openApiDocument(version: string, shapes: readonly AnyShape[] = allShapes()): Json {
  const { schemas } = z.toJSONSchema(components, { uri: refTo, unrepresentable: 'any' });
  const paths: Record<string, Record<string, Json>> = {};
  for (const shape of shapes) {
    paths[shape.path] = { ...paths[shape.path], [shape.method.toLowerCase()]: operation(shape) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Consilium coordinator',
      version,
      description:
        'Calls of the lead carry the headers consilium-key, consilium-time, consilium-nonce, consilium-body (SHA-256) and consilium-signature: ' +
        'an Ed25519 signature under the domain consilium-call-1 over the canonical JSON (RFC 8785) of ' +
        '{consortium, method, path, bodyHash, nonce, time}. A call counts for 60 s and once. ' +
        'Calls of the page carry the session cookie; `x-roles` says whose session may make one, and POST needs ' +
        'Sec-Fetch-Site: same-origin or the Origin of the coordinator. On a path with {site} a site user may name ' +
        "the own site alone. What a site user or a viewer gets is narrowed to the own site's details and pooled figures.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: ['coordinator', 'sites', 'runs', 'exports', 'page', 'users'].map((name) => ({ name })),
    paths,
    components: {
      // By name: the order in which they were declared is that in which files were loaded.
      schemas: Object.fromEntries(
        Object.keys(schemas)
          .sort()
          .map((id) => [id, bare(schemas[id] ?? {})]),
      ),
      securitySchemes: {
        lead: { type: 'apiKey', in: 'header', name: 'consilium-signature', description: "The lead's signature" },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-consilium',
          description: 'A page user, by its role; reads only',
        },
        metrics: {
          type: 'http',
          scheme: 'bearer',
          description: "The operator's token; without one, direct callers on the same machine alone",
        },
      },
    },
  };
}

function operation(shape: AnyShape): Json {
  const content =
    shape.kind === 'json'
      ? { 'application/json': { schema: schemaOf(shape.answer) } }
      : { [shape.mediaType]: { schema: { type: 'string', contentMediaType: shape.mediaType } } };
  return {
    operationId: operationId(shape),
    summary: shape.summary,
    tags: [shape.group],
    security: securityOf(shape.access),
    'x-roles': sessionRoles[shape.access],
    parameters: [...parameters(shape.params, 'path'), ...parameters(shape.query, 'query')],
    ...(shape.body === null
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(shape.body) } } } }),
    responses: {
      200: { description: 'Done', content },
      ...(shape.kind === 'media' && shape.ranged ? { 206: { description: 'The range asked for', content } } : {}),
      default: { description: 'Refused', content: { 'application/json': { schema: schemaOf(problem) } } },
    },
  };
}

/** What a call may carry; any one of it is enough, and an open call needs none. */
function securityOf(access: Access): readonly Json[] {
  if (access === 'open') return [];
  if (access === 'monitor') return [{ metrics: [] }];
  return [{ lead: [] }, ...(access === 'lead' ? [] : [{ session: [] }])];
}

/** The roles whose session may make a call; an open one needs no session. */
const sessionRoles: Readonly<Record<Access, readonly Sight['role'][]>> = {
  open: [],
  lead: [],
  overseer: ['lead'],
  member: ['lead', 'site'],
  reader: ['lead', 'site', 'viewer'],
  monitor: [],
};

/** `GET /api/runs/{run}/model` → `getRunsModel`. */
const operationId = ({ method, path }: AnyShape): string =>
  method.toLowerCase() +
  path
    .split(/[^a-z]+/)
    .filter((word, index, words) => word !== 'api' && words[index] !== '' && !path.includes(`{${word}}`))
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('') +
  (path.endsWith('}') ? 'One' : '');

function parameters(schema: z.ZodType, place: 'path' | 'query'): readonly Json[] {
  const { properties = {} } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  const { required = [] } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

function schemaOf(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  return id === undefined ? bare(z.toJSONSchema(schema, { unrepresentable: 'any' })) : { $ref: refTo(id) };
}

/** Without the members that speak of a schema as a document of its own. */
function bare(schema: Json): Json {
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
}

const isShape = (value: unknown): value is AnyShape =>
  typeof value === 'object' && value !== null && 'access' in value && 'path' in value;
