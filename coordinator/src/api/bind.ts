import type { Caller } from './role.js';
import { type AnyShape, type JsonShape, type MediaShape, readPart } from './shape.js';

/** What every handler may use of a call beside its declared parts. */
export interface CallContext {
  readonly caller: Caller;
  /** Address of the calling machine, for limits. */
  readonly from: string;
  readonly cookie: string | undefined;
  /** The Range header. */
  readonly range: string | undefined;
  /** Aborted when the caller is gone or the server closes. */
  readonly signal: AbortSignal;
  /** Sets a header of the answer. */
  readonly header: (name: string, value: string) => void;
  readonly status: (code: number) => void;
}

export interface RawCall extends CallContext {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export type Parts<Params, Query, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
};

/** Bytes of an answer, made as the caller takes them. */
export type Stream = AsyncIterable<Uint8Array>;

/** A shape with the function behind it; the parts of a call are checked before that function sees them. */
export type Bound =
  | { readonly kind: 'json'; readonly shape: AnyShape; readonly handle: (call: RawCall) => Promise<unknown> }
  | { readonly kind: 'media'; readonly shape: AnyShape; readonly handle: (call: RawCall) => Promise<Stream> };

export function bind<Params, Query, Body, Answer>(
  shape: JsonShape<Params, Query, Body, Answer>,
  handler: (call: Parts<Params, Query, Body> & CallContext) => Promise<Answer>,
): Bound {
  return {
    kind: 'json',
    shape: shape as unknown as AnyShape,
    handle: (raw) => handler({ ...raw, ...readParts(shape, raw) }),
  };
}

export function bindMedia<Params, Query>(
  shape: MediaShape<Params, Query>,
  handler: (call: Parts<Params, Query, never> & CallContext) => Promise<Stream>,
): Bound {
  return {
    kind: 'media',
    shape: shape as unknown as AnyShape,
    handle: (raw) => handler({ ...raw, ...readParts(shape, raw) }),
  };
}

function readParts<Params, Query, Body>(
  shape: JsonShape<Params, Query, Body, unknown> | MediaShape<Params, Query>,
  raw: RawCall,
): Parts<Params, Query, Body> {
  const body = shape.body === null ? undefined : readPart(shape.body, raw.body, 'body');
  return {
    params: readPart(shape.params, raw.params, 'path'),
    query: readPart(shape.query, raw.query, 'query'),
    // A shape without a body has Body = never, so that no handler can read it.
    body: body as Body,
  };
}
