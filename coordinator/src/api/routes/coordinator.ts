import { certificate, fingerprint, keyChange } from '@consilium/shared/crypto';
import { consortiumId, publicKey } from '@consilium/shared/ids';
import { z } from 'zod';
import { type Bound, bind } from '../bind.js';
import type { ApiOptions } from '../options.js';
import { json, named } from '../shape.js';

export const done = named('Done', z.strictObject({ done: z.literal(true) }));

export const getHealth = json({
  method: 'GET',
  path: '/healthz',
  access: 'open',
  group: 'coordinator',
  summary: 'Whether the coordinator can work; status 503 when it cannot',
  answer: named(
    'Health',
    z.strictObject({
      status: z.enum(['ok', 'failing']),
      version: z.string(),
      storeWritable: z.boolean(),
      uptimeSeconds: z.int(),
    }),
  ),
});

export const getIdentity = json({
  method: 'GET',
  path: '/api/identity',
  access: 'open',
  group: 'coordinator',
  summary: 'The key of the coordinator, whom it serves, and the certificate that the lead gave it',
  answer: named(
    'Identity',
    z.strictObject({
      publicKey,
      fingerprint: z.string(),
      consortium: consortiumId,
      lead: publicKey,
      certificate: certificate.nullable(),
      /** The key that its operator made to come next, which counts once the lead has certified it. */
      next: z.strictObject({ publicKey, fingerprint: z.string(), change: keyChange }).nullable(),
      version: z.string(),
    }),
  ),
});

export const postCertificate = json({
  method: 'POST',
  path: '/api/certificate',
  access: 'lead',
  group: 'coordinator',
  summary: "Gives the coordinator the lead's certificate",
  body: named('CertificateForm', z.strictObject({ certificate })),
  answer: done,
});

/** Anybody may ask for health, and each look at the store is a transaction: within this time the last one counts. */
const healthMs = 1_000;

/** Looks when asked, but never twice at a time, nor sooner than `healthMs` after it began. */
function sparingly(look: () => Promise<boolean>, now: () => Date): () => Promise<boolean> {
  let last: { readonly seen: Promise<boolean>; readonly atMs: number; isPending: boolean } | null = null;
  return async () => {
    const atMs = now().getTime();
    if (last === null || (!last.isPending && Math.abs(atMs - last.atMs) >= healthMs)) {
      const begun = { seen: look(), atMs, isPending: true };
      last = begun;
      const ended = (): void => {
        begun.isPending = false;
      };
      begun.seen.then(ended, ended);
    }
    return last.seen;
  };
}

export function coordinatorRoutes(options: ApiOptions): readonly Bound[] {
  const { sites, own, settings, now } = options;
  const storeWritable = sparingly(options.storeWritable, now);
  const started = now().getTime();
  return [
    bind(getHealth, async ({ status }) => {
      const writable = await storeWritable();
      if (!writable) status(503);
      return {
        status: writable ? 'ok' : 'failing',
        version: settings.version,
        storeWritable: writable,
        uptimeSeconds: Math.round((now().getTime() - started) / 1000),
      };
    }),
    bind(getIdentity, async () => {
      const next = await own.next();
      const { publicKey: key } = own.current();
      return {
        publicKey: key,
        fingerprint: fingerprint(key),
        consortium: settings.consortium,
        lead: settings.lead,
        certificate: sites.roster().coordinator,
        next: next && { publicKey: next.publicKey, fingerprint: fingerprint(next.publicKey), change: next.change },
        version: settings.version,
      };
    }),
    bind(postCertificate, async ({ body }) => {
      await sites.certify(body.certificate, await own.next());
      return { done: true };
    }),
  ];
}
