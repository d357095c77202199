import { fail } from '@consilium/shared/errors';
import { amu } from './amu/index.js';
import { attentionAml } from './attention-aml/index.js';
import { bloodAutoencoder } from './blood-autoencoder/index.js';
import type { Family } from './family.js';
import { genbloom } from './genbloom/index.js';
import { vgg19Mhsa } from './vgg19-mhsa/index.js';

/** Every family there is. */
export const families: readonly Family[] = [attentionAml, amu, vgg19Mhsa, bloodAutoencoder, genbloom];

/** The family of a name, or `CSM-MODEL-FAMILY`. */
export function familyOf(name: string, among = families): Family {
  const family = among.find((candidate) => candidate.name === name);
  return family ?? fail('CSM-MODEL-FAMILY', { family: name, known: among.map(({ name }) => name).join(', ') });
}
