import { rootCertificates } from 'node:tls';
import type { Identity } from '@consilium/shared/crypto';
import { CodedError, coded, fail, fromWire } from '@consilium/shared/errors';
import type { ConsortiumId } from '@consilium/shared/ids';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { type JsonShape, type MediaShape, problem } from '../api/calls.js';
import { signCall } from '../lead/index.js';
import { reasonOf } from './files.js';

const connectMs = 15_000;
const answerMs = 60_000;
/** Event streams have a sign of life every 15 s. */
const silenceMs = 60_000;
/** A kept connection may close in the moment in which it is used again; what only reads is then asked once more. */
const cutOff: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
const readAgain = 2;
const maxJsonBytes = 64 * 2 ** 20;

type Inputs<Params, Query, Body> = {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly signal?: AbortSignal;
};

export interface MediaAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Calls a coordinator in the lead's name. Every fault is a coded error: the coordinator's own, or one of the way to it. */
export interface LeadClient {
  call<Params, Query, Body, Answer>(
    shape: JsonShape<Params, Query, Body, Answer>,
    inputs?: Inputs<Params, Query, Body>,
  ): Promise<Answer>;
  /** @param offset byte to begin at, for calls with ranges */
  stream<Params, Query>(
    shape: MediaShape<Params, Query>,
    inputs?: Inputs<Params, Query, never> & { readonly offset?: number },
  ): Promise<MediaAnswer>;
  close(): Promise<void>;
}

/** All of an answer that is small enough to be held. */
export async function wholeBody({ body }: MediaAnswer): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface ClientOptions {
  readonly address: string;
  readonly consortium: ConsortiumId;
  /** Null: only calls that are open to anybody. */
  readonly lead: Identity | null;
  /** PEM text of authorities to trust beside the built-in ones. */
  readonly ca: string | null;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** @throws CSM-CLI-ADDRESS */
export function openClient(options: ClientOptions): LeadClient {
  const { consortium, lead, now, random } = options;
  const base = readAddress(options.address);
  const dispatcher = dispatcherFor(base, options.ca);

  async function send(
    shape: { readonly method: 'GET' | 'POST'; readonly path: string },
    inputs: Inputs<unknown, unknown, unknown>,
    extra: Readonly<Record<string, string>>,
  ): Promise<Dispatcher.ResponseData> {
    const path = pathOf(shape.path, inputs);
    const body = Buffer.from(inputs.body === undefined ? '' : JSON.stringify(inputs.body));
    const terms = { method: shape.method, path: base.pathname.replace(/\/$/, '') + path, consortium };
    const ask = (): Promise<Dispatcher.ResponseData> =>
      request(new URL(terms.path, base), {
        dispatcher,
        method: shape.method,
        headers: {
          // Anew each time: a signature counts once.
          ...(lead === null ? {} : signCall(lead, { ...terms, body, now: now(), random })),
          ...extra,
          ...(body.length > 0 ? { 'content-type': 'application/json' } : {}),
        },
        body: body.length > 0 ? body : null,
        ...(inputs.signal === undefined ? {} : { signal: inputs.signal }),
      });
    for (let left = shape.method === 'GET' ? readAgain : 0; ; left--) {
      try {
        return await ask();
      } catch (thrown) {
        if (left === 0 || !cutOff.has(reasonOf(thrown))) throw wayFault(thrown, base.origin);
      }
    }
  }

  const client: LeadClient = {
    async call(shape, inputs = {}) {
      const response = await send(shape, inputs, {});
      const value = await readJson(response, base.origin);
      if (response.statusCode >= 400 && shape.path !== '/healthz') throw refusal(value, response, base.origin);
      const parsed = shape.answer.safeParse(value);
      if (!parsed.success)
        fail('CSM-CLI-ANSWER', { address: base.origin, problem: `${shape.path} is not as expected` });
      return parsed.data;
    },
    async stream(shape, inputs = {}) {
      const { offset = 0 } = inputs;
      const response = await send(shape, inputs, offset > 0 ? { range: `bytes=${offset}-` } : {});
      if (response.statusCode >= 400) {
        throw refusal(await readJson(response, base.origin), response, base.origin);
      }
      if (offset > 0 && response.statusCode !== 206) {
        response.body.destroy();
        fail('CSM-CLI-ANSWER', { address: base.origin, problem: 'a download does not go on where it stopped' });
      }
      return { headers: response.headers, body: guarded(response.body, base.origin) };
    },
    close: () => dispatcher.destroy(),
  };
  return client;
}

/** An address that calls may go to. @throws CSM-CLI-ADDRESS */
export function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    return fail('CSM-CLI-ADDRESS', { address: text, problem: 'it is no plain http or https address' });
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    fail('CSM-CLI-ADDRESS', { address: text, problem: 'http to another machine can be read and changed on its way' });
  }
  return url;
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname);

function dispatcherFor(base: URL, ca: string | null): Dispatcher {
  const tls = ca === null ? {} : { ca: [...rootCertificates, ca] };
  const limits = { headersTimeout: answerMs, bodyTimeout: silenceMs };
  const direct = { connect: { ...tls, timeout: connectMs }, ...limits };
  // A proxy for the outside world is never the way to this very machine.
  return isLoopback(base) ? new Agent(direct) : new EnvHttpProxyAgent({ ...direct, requestTls: tls });
}

function pathOf(template: string, { params, query }: Inputs<unknown, unknown, unknown>): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(member(params, name)));
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) pairs.append(name, String(value));
  return pairs.size === 0 ? path : `${path}?${pairs}`;
}

const member = (value: unknown, name: string): string =>
  String(Object.entries(value ?? {}).find(([key]) => key === name)?.[1] ?? '');

async function readJson(response: Dispatcher.ResponseData, address: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of guarded(response.body, address)) {
    bytes += chunk.length;
    if (bytes > maxJsonBytes) fail('CSM-CLI-ANSWER', { address, problem: 'the answer is far too long' });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return fail('CSM-CLI-ANSWER', { address, problem: `status ${response.statusCode} without JSON` });
  }
}

function refusal(value: unknown, response: Dispatcher.ResponseData, address: string): CodedError {
  const parsed = problem.safeParse(value);
  return parsed.success
    ? fromWire(parsed.data.error)
    : coded('CSM-CLI-ANSWER', { address, problem: `status ${response.statusCode}` });
}

/** A body whose break is a coded error. */
async function* guarded(body: AsyncIterable<Uint8Array>, address: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    throw wayFault(thrown, address);
  }
}

function wayFault(thrown: unknown, address: string): unknown {
  if (thrown instanceof CodedError || (thrown instanceof Error && thrown.name === 'AbortError')) return thrown;
  const inner = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const reason = reasonOf(inner);
  const untrusted = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(reason);
  return untrusted
    ? coded('CSM-CLI-TLS', { address, reason }, { cause: thrown })
    : coded('CSM-CLI-UNREACHABLE', { address, reason }, { cause: thrown });
}
