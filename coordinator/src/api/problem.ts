import { basename, isAbsolute } from 'node:path';
import { CodedError, type ErrorCode } from '@consilium/shared/errors';
import { z } from 'zod';
import { named } from './shape.js';

/** How every refusal looks. */
export const problem = named(
  'Problem',
  z.strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  }),
);
export type Problem = z.infer<typeof problem>;

/** An error as callers hear it: a file of this machine by its name alone. Where its folders lie, the log tells its operator. */
export function problemOf(error: CodedError): Problem {
  const told = Object.entries(error.details).map(([name, fact]) => [name, withoutFolder(fact)] as const);
  const details = Object.fromEntries(told);
  const { code, message, remedy } = new CodedError(error.code, details);
  return { error: { code, message, remedy, details } };
}

const withoutFolder = (fact: string | number) => (typeof fact === 'string' && isAbsolute(fact) ? basename(fact) : fact);

const exact: Partial<Record<ErrorCode, number>> = {
  'CSM-API-BODY': 422,
  'CSM-API-BUSY': 503,
  'CSM-API-CALLER': 401,
  'CSM-API-CLOCK': 401,
  'CSM-API-LOCKED': 429,
  'CSM-API-MONITOR': 401,
  'CSM-API-NOT-FOUND': 404,
  'CSM-API-ORIGIN': 403,
  'CSM-API-RANGE': 416,
  'CSM-API-REPLAYED': 401,
  'CSM-API-ROLE': 403,
  'CSM-API-SETUP': 403,
  'CSM-API-SIGN-IN': 403,
  'CSM-API-SIGNATURE': 401,
  'CSM-API-SIGNED-OUT': 401,
  'CSM-API-TOO-LARGE': 413,
  'CSM-API-TOO-OFTEN': 429,
  'CSM-INTERNAL': 500,
  'CSM-SITE-UNKNOWN': 404,
};

/** Areas whose faults are the coordinator's own, not the caller's. */
const ownAreas = new Set(['BLOB', 'HOME', 'STORE', 'SPOOL']);
/** Areas in which the call's content is at fault. */
const contentAreas = new Set(['CONTRACT', 'RUNFILE', 'KEY', 'MODEL', 'WIRE']);

/** HTTP status of a coded error: of the caller (4xx) or of this side (5xx); 409 where the state forbids the call. */
export function statusOf(code: ErrorCode): number {
  const known = exact[code];
  if (known !== undefined) return known;
  if (code.endsWith('-UNKNOWN')) return 404;
  const area = code.split('-')[1] ?? '';
  if (ownAreas.has(area)) return 500;
  return contentAreas.has(area) ? 422 : 409;
}
