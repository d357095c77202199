import { fail } from '@consilium/shared/errors';
import { z } from 'zod';

/**
 * Who may call:
 * - `open`: anybody
 * - `lead`: the lead by signature alone; no session may, whoever holds it
 * - `overseer`: the lead, and users who may see everything
 * - `member`: these, and users of a site; on a path that names a site, that site's users alone
 * - `reader`: these, and viewers: everybody who is signed in
 * - `monitor`: a monitoring system by the operator's token, or without one from this very machine; no session and no signature
 *
 * What a `member` or `reader` may see of the answer is narrowed by its handler.
 */
export type Access = 'open' | 'lead' | 'overseer' | 'member' | 'reader' | 'monitor';

interface Common<Params, Query, Body> {
  readonly method: 'GET' | 'POST';
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: `/${string}`;
  readonly access: Access;
  readonly summary: string;
  readonly group: 'coordinator' | 'sites' | 'runs' | 'exports' | 'page' | 'users';
  readonly params: z.ZodType<Params>;
  readonly query: z.ZodType<Query>;
  /** Null: the call has no body. */
  readonly body: z.ZodType<Body> | null;
}

/** A call that is answered with one JSON value. */
export interface JsonShape<Params, Query, Body, Answer> extends Common<Params, Query, Body> {
  readonly kind: 'json';
  readonly answer: z.ZodType<Answer>;
}

/** A call that is answered with bytes. */
export interface MediaShape<Params, Query> extends Common<Params, Query, never> {
  readonly kind: 'media';
  readonly mediaType: string;
  readonly ranged: boolean;
}

export type AnyShape = JsonShape<unknown, unknown, unknown, unknown> | MediaShape<unknown, unknown>;

const nothing = z.strictObject({});
type Nothing = z.infer<typeof nothing>;

type Described = Pick<Common<never, never, never>, 'method' | 'path' | 'access' | 'summary' | 'group'>;

export function json<Answer, Params = Nothing, Query = Nothing, Body = never>(
  shape: Described & {
    readonly params?: z.ZodType<Params>;
    readonly query?: z.ZodType<Query>;
    readonly body?: z.ZodType<Body>;
    readonly answer: z.ZodType<Answer>;
  },
): JsonShape<Params, Query, Body, Answer> {
  return { ...shape, ...inputs(shape), body: shape.body ?? null, kind: 'json' };
}

export function media<Params = Nothing, Query = Nothing>(
  shape: Described & {
    readonly params?: z.ZodType<Params>;
    readonly query?: z.ZodType<Query>;
    readonly mediaType: string;
    readonly ranged?: boolean;
  },
): MediaShape<Params, Query> {
  return { ...shape, ...inputs(shape), body: null, kind: 'media', ranged: shape.ranged ?? false };
}

// A shape that names no parameters takes none: its type parameter then is `Nothing` by default.
const inputs = <Params, Query>(shape: {
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
}): { readonly params: z.ZodType<Params>; readonly query: z.ZodType<Query> } => ({
  params: shape.params ?? (nothing as unknown as z.ZodType<Params>),
  query: shape.query ?? (nothing as unknown as z.ZodType<Query>),
});

/** Schemas that the API document lists by name. */
export const components = z.registry<{ id: string }>();

export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/**
 * Reads a part of a call.
 * @throws CSM-API-BODY naming the first bad place. Never the value: it may be a password.
 */
export function readPart<Value>(schema: z.ZodType<Value>, value: unknown, part: string): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return fail('CSM-API-BODY', {
    path: [part, ...(issue?.path ?? [])].join('.'),
    problem: issue?.message ?? 'not as described',
  });
}
