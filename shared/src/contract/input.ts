import { z } from 'zod';
import { bagSides } from './data/index.js';
import type { RunFile } from './run-file.js';

/** What the shape of a network's first layer follows from: one sample as it comes out of preparation. */
export const inputShape = z.discriminatedUnion('kind', [
  /** A row of numbers, dense or sparse. */
  z.strictObject({ kind: z.literal('rows'), width: z.int().min(1) }),
  /** A square RGB image. */
  z.strictObject({ kind: z.literal('images'), side: z.int().min(8) }),
  /** A bag of feature vectors, and the widths of the tables that stand beside it. */
  z.strictObject({
    kind: z.literal('bags'),
    width: z.int().min(1),
    sides: z.record(z.string(), z.int().min(1)),
  }),
]);
export type InputShape = Readonly<z.output<typeof inputShape>>;

/** What a run's network is built for. @param features names of the columns that preparation left */
export function inputOf({ data }: RunFile, features: number): InputShape {
  switch (data.kind) {
    case 'expression-table':
    case 'cells':
      return { kind: 'rows', width: features };
    case 'images':
      return { kind: 'images', side: data.side };
    case 'feature-bags':
      return { kind: 'bags', width: data.width, sides: bagSides(data, features) };
    default:
      return data satisfies never;
  }
}
