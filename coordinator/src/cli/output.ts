import { CodedError, explain, fromWire, type WireError } from '@consilium/shared/errors';

/** What another side reported, in full. */
export const explainWire = (error: WireError): string => explain(fromWire(error));

/** The first 12 digits of a hash or a run id: enough to tell them apart, and to type. */
export const brief = (hash: string): string => hash.slice(0, 12);

/** One clear line (and its remedy) for a fault; the class of an unexpected one, with its stack on demand. */
export function faultText(thrown: unknown, debug: boolean): string {
  const text =
    thrown instanceof CodedError
      ? explain(thrown)
      : `CSM-INTERNAL: An unexpected fault (${thrown instanceof Error ? thrown.message : typeof thrown}).`;
  return debug && thrown instanceof Error ? `${text}\n${thrown.stack ?? ''}` : text;
}
