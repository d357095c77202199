import { fail } from '@consilium/shared/errors';
import { type Arm, exists, overlap, type Stretch, stretchOf } from './chromosomes.js';
import type { Clone, Karyotype } from './iscn.js';

/** Reads a list of bands (`1p36.33`, `Xq28`), of any resolution; `CSM-DATA-BANDS` names the line that is no band or is there twice. */
export function readBands(names: readonly string[]): readonly Stretch[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    const { chromosome = '', arm = '', digits = '' } = bandName.exec(name)?.groups ?? {};
    const band = { chromosome, arm: armOf(arm), digits: digits.replace('.', '') };
    if (digits === '' || !exists(band) || seen.has(name)) fail('CSM-DATA-BANDS', { line: index + 1 });
    seen.add(name);
    return stretchOf(band);
  });
}

const bandName = /^(?<chromosome>[XY]|2[0-2]|1\d|[1-9])(?<arm>[pq])(?<digits>\d{1,2}|\d{2}\.\d{1,3})$/;
const armOf = (arm: string): Arm => (arm === 'p' ? 'p' : 'q');

/**
 * Loss, gain and fusion of each band, [3 · bands]: 1 or 0, first the losses of all bands. A band counts as lost or gained in a clone by
 * all of the clone's changes together (`+1,der(1;7)(q10;p10)` leaves two of 1p), as fused if something else has come to lie beside it,
 * and for the patient if any clone has it so. A change outside the bands of the list leaves no trace.
 *
 * Source: the loss-gain-fusion model of CytoGPS (Abrams et al. 2019).
 */
export function lgfVector({ clones }: Karyotype, bands: readonly Stretch[]): Float32Array {
  const vector = new Float32Array(3 * bands.length);
  for (const clone of clones) {
    bands.forEach((band, index) => {
      const copies = copiesOf(clone, band);
      if (copies < 0) vector[index] = 1;
      if (copies > 0) vector[bands.length + index] = 1;
      if (clone.changes.some(({ joins }) => joins.some((join) => overlap(join, band)))) {
        vector[2 * bands.length + index] = 1;
      }
    });
  }
  return vector;
}

/** How many copies a clone has more (above 0) or fewer. */
const copiesOf = ({ changes }: Clone, band: Stretch): number =>
  changes.reduce(
    (sum, { copies }) => copies.reduce((total, { stretch, by }) => (overlap(stretch, band) ? total + by : total), sum),
    0,
  );

/** What each place of `lgfVector` says, in its order. */
export const lgfNames = (bands: readonly string[]): readonly string[] =>
  ['loss', 'gain', 'fusion'].flatMap((kind) => bands.map((band) => `${kind} ${band}`));
