import { CodedError, fromWire, type WireError } from '@consilium/shared/errors';

/** Fetches what the API answers. @throws the coded error of a refusal, or CSM-API-UNREACHABLE */
export const get = <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  call<Answer>(path, signal === undefined ? {} : { signal });

/** Sends a call with a body. @throws as `get` */
export const post = <Answer>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> =>
  call<Answer>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

/** Sends the very bytes that a signature is over. @throws as `get` */
export const postSigned = <Answer>(
  path: string,
  body: Uint8Array<ArrayBuffer>,
  signature: Readonly<Record<string, string>>,
): Promise<Answer> => {
  const type = body.length === 0 ? {} : { 'content-type': 'application/json' };
  return call<Answer>(path, { method: 'POST', headers: { ...signature, ...type }, body });
};

/** The text of an answer that is no single JSON value. @throws as `get` */
export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await reach(path, signal === undefined ? {} : { signal });
  return response.text();
}

async function call<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await reach(path, init);
  // The server checked its own answer against the schema that `Answer` comes from.
  return (await response.json()) as Answer;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((thrown: unknown) => {
    if (init.signal?.aborted) throw thrown;
    throw new CodedError('CSM-CLI-UNREACHABLE', { address: location.origin, reason: 'no answer' }, { cause: thrown });
  });
  if (response.ok) return response;
  const problem: unknown = await response.json().catch(() => null);
  throw isProblem(problem) ? fromWire(problem.error) : fromWire({ code: `HTTP ${response.status}`, details: {} });
}

const isProblem = (value: unknown): value is { readonly error: WireError } =>
  typeof value === 'object' && value !== null && 'error' in value;

/** Whatever was thrown, as an error with a text; null for what the page itself broke off. */
export const faultOf = (thrown: unknown): CodedError =>
  thrown instanceof CodedError
    ? thrown
    : new CodedError('CSM-INTERNAL', { kind: thrown instanceof Error ? thrown.name : typeof thrown });
