import { fail } from '@consilium/shared/errors';
import { type SiteId, siteId } from '@consilium/shared/ids';
import { z } from 'zod';
import { named } from './shape.js';

/** What a page user may see: everything, the own site's details and pooled figures, or pooled figures alone. */
export type Sight =
  | { readonly role: 'lead' }
  | { readonly role: 'site'; readonly site: SiteId }
  | { readonly role: 'viewer' };

export const roles = ['lead', 'site', 'viewer'] as const satisfies readonly Sight['role'][];

/** A role with its site, as calls carry them. */
export const roleForm = named(
  'Role',
  z.discriminatedUnion('role', [
    z.strictObject({ role: z.literal('lead') }),
    z.strictObject({ role: z.literal('site'), site: siteId }),
    z.strictObject({ role: z.literal('viewer') }),
  ]),
);

/** Who made a call. */
export type Caller =
  | { readonly kind: 'nobody' }
  /** By the lead's signature. */
  | { readonly kind: 'lead' }
  /** `live`: false once the session has ended, also while an answer still streams. */
  | { readonly kind: 'user'; readonly name: string; readonly sight: Sight; readonly live: () => boolean };

/** What a caller may see. @throws CSM-API-SIGNED-OUT for nobody */
export function sightOf(caller: Caller): Sight {
  switch (caller.kind) {
    case 'nobody':
      return fail('CSM-API-SIGNED-OUT');
    case 'lead':
      return { role: 'lead' };
    case 'user':
      return caller.sight;
    default:
      return caller satisfies never;
  }
}
