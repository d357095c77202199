import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asCoded, type CodedError, coded, fail } from '@consilium/shared/errors';
import type { Request, Response, Router } from 'express';
import type { Bound, RawCall } from './bind.js';
import { pass } from './gate.js';
import type { ApiOptions } from './options.js';
import type { PageUsers } from './page-users.js';
import { problemOf, statusOf } from './problem.js';

interface BodyLimit {
  readonly bytes: number;
  /** Until all of it is there; null: as long as Node's own limit on a request. */
  readonly ms: number | null;
}

/** Of a caller whom the gate knows. A contract holds a list of features at most: some megabytes for a whole genome. */
const known: BodyLimit = { bytes: 16 * 2 ** 20, ms: null };
/** Of a stranger, and where no body is asked for. */
const strange: BodyLimit = { bytes: 4096, ms: 10_000 };

/** Puts a declared call on a router. */
export function mount(router: Router, bound: Bound, options: ApiOptions, users: PageUsers, closing: AbortSignal): void {
  const path = bound.shape.path.replaceAll(/\{(\w+)\}/g, ':$1');
  const verb = bound.shape.method === 'GET' ? 'get' : 'post';
  router[verb](path, async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing]);
    try {
      await answer(bound, request, response, signal, { options, users });
    } catch (thrown) {
      if (!gone.signal.aborted) refuse(response, asCoded(thrown), request, options);
    }
  });
}

async function answer(
  bound: Bound,
  request: Request,
  response: Response,
  signal: AbortSignal,
  { options, users }: { readonly options: ApiOptions; readonly users: PageUsers },
): Promise<void> {
  const { shape } = bound;
  const passage = await pass(request, shape.access, options, users);
  const body = await readBody(request, shape.access === 'open' || shape.body === null ? strange : known);
  const call: RawCall = {
    caller: await passage.caller(body),
    from: request.ip ?? '',
    cookie: passage.cookie,
    range: request.headers.range,
    signal,
    header: (name, value) => void response.setHeader(name, value),
    status: (code) => void response.status(code),
    params: request.params,
    query: request.query,
    body: shape.body === null ? undefined : parseJson(request, body),
  };
  response.setHeader('cache-control', 'no-store');
  if (bound.kind === 'json') {
    response.json(await bound.handle(call));
    return;
  }
  const stream = await bound.handle(call);
  response.setHeader('content-type', shape.kind === 'media' ? shape.mediaType : 'application/octet-stream');
  response.flushHeaders();
  // One piece at a time: a slow reader holds one, not a queue of them.
  await pipeline(Readable.from(stream, { highWaterMark: 1 }), response);
}

/** Tells the caller what is wrong. Once bytes of an answer are out, all that is left is to cut it. */
export function refuse(response: Response, error: CodedError, request: Request, { log }: ApiOptions): void {
  const status = statusOf(error.code);
  const facts = { method: request.method, path: request.path, code: error.code, status };
  if (status >= 500) log.error({ ...facts, err: error.cause ?? error }, 'call failed');
  else log.info(facts, 'call refused');
  if (response.headersSent) return void response.destroy();
  for (const name of ['content-length', 'content-range', 'content-type', 'etag']) response.removeHeader(name);
  // A body that nobody will read must not keep the connection.
  if (!request.complete) response.setHeader('connection', 'close');
  if (status === 429) response.setHeader('retry-after', String(error.details.seconds ?? 1));
  response.status(status).json(problemOf(error));
}

/** Reads a body whole. One that comes drop by drop is cut off with its connection. */
async function readBody(request: Request, limit: BodyLimit): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit.bytes) fail('CSM-API-TOO-LARGE', { limit: limit.bytes });
  const slow = coded('CSM-API-BODY', { path: 'body', problem: 'it did not come in time' });
  const late = limit.ms === null ? undefined : setTimeout(() => request.destroy(slow), limit.ms);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const source: AsyncIterable<Uint8Array> = request;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit.bytes) fail('CSM-API-TOO-LARGE', { limit: limit.bytes });
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(chunks);
}

/** Ends the connection after the answer where a body was sent that nobody reads. */
export function leaveBody({ headers }: Request, response: Response, next: () => void): void {
  const { 'content-length': announced = '0', 'transfer-encoding': encoding } = headers;
  if (announced !== '0' || encoding !== undefined) response.setHeader('connection', 'close');
  next();
}

function parseJson(request: Request, body: Uint8Array): unknown {
  const refused = (problem: string) => coded('CSM-API-BODY', { path: 'body', problem });
  if (request.is('application/json') === false) throw refused('content-type must be application/json');
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw refused('it is not JSON');
  }
}
