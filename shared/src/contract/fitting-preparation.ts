import type { z } from 'zod';
import type { data } from './data/index.js';
import type { preparation } from './preparation.js';

/** Refuses a preparation that a kind of data cannot go through: it would do nothing, without a word. */
export function checkPreparation(
  terms: z.output<typeof data>,
  { image, select, impute, harmonise, oversample }: z.output<typeof preparation>,
  context: z.RefinementCtx,
): void {
  const refuse = (path: readonly string[], message: string): void =>
    context.addIssue({ code: 'custom', path: ['preparation', ...path], message });
  if (oversample?.when === 'beforeSplit') {
    const path = ['oversample', 'when'];
    if (terms.kind !== 'expression-table') refuse(path, 'beforeSplit is for tables of numbers');
    if (oversample.method !== 'duplicate') refuse(path, 'beforeSplit makes copies: method duplicate');
    if (terms.files.split !== undefined)
      refuse(path, 'beforeSplit needs a split that is drawn: leave data.files.split out');
  }
  if (image !== undefined && terms.kind !== 'images') refuse(['image'], 'is for images');
  if (image?.clahe !== undefined && terms.kind === 'images' && image.clahe.tiles > terms.side) {
    refuse(['image', 'clahe', 'tiles'], `must not exceed the ${terms.side} pixels of data.side`);
  }
  if (terms.kind === 'expression-table' || terms.kind === 'cells') return;
  const message = 'is for tables of numbers and for cells';
  if (select !== undefined) refuse(['select'], message);
  if (impute === 'median') refuse(['impute'], message);
  if (harmonise !== undefined) refuse(['harmonise'], message);
  if (oversample?.method === 'smote') refuse(['oversample'], message);
}
