import type { PlannedImport } from './plan.js';

/** So many names stand in a sentence; of more, their number. */
const shownNames = 6;

/** What a lead should know of an import before the run, in whole sentences. */
export function sentencesOf(file: string, { stages, unused }: PlannedImport): readonly string[] {
  const many = stages.length > 1;
  return [
    ...stages.flatMap(({ name, taken, drawn, open }) => {
      const of = many ? `Of stage ${name}, ` : '';
      return [
        ...(taken.length === 0 ? [] : [`${of}${counted(taken)} taken from ${file}: ${listed(taken)}.`]),
        ...(drawn.length === 0 ? [] : [`${of}${counted(drawn)} drawn from the seed: ${listed(drawn)}.`]),
        ...(open.length === 0 ? [] : [`${of}${shapesOf(open)} checked when the sites have said their features.`]),
      ];
    }),
    ...(unused === 0
      ? []
      : [
          `${unused} ${unused === 1 ? 'tensor' : 'tensors'} of ${file} ${unused === 1 ? 'fits' : 'fit'} nothing in the model.`,
        ]),
  ].map((sentence) => sentence[0]?.toUpperCase() + sentence.slice(1));
}

const shapesOf = (names: readonly string[]): string =>
  names.length === 1 ? `the shape of ${listed(names)} is` : `the shapes of ${listed(names)} are`;

const counted = (names: readonly string[]): string =>
  names.length === 1 ? '1 tensor is' : `${names.length} tensors are`;

const listed = (names: readonly string[]): string =>
  names.length <= shownNames
    ? names.join(', ')
    : `${names.slice(0, shownNames).join(', ')} and ${names.length - shownNames} more`;
