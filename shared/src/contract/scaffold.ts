import type { z } from 'zod';
import { oversamplingOf, type preparation } from './preparation.js';
import type { stage, training } from './training.js';

type Training = z.output<typeof training>;

/** What a part of the training sets that SCAFFOLD has no place for, and why. */
const misfits: readonly {
  readonly path: readonly string[];
  readonly isSet: (terms: Partial<Training>) => boolean;
  readonly message: string;
}[] = [
  {
    path: ['optimizer', 'name'],
    isSet: ({ optimizer }) => optimizer !== undefined && optimizer.name !== 'sgd',
    message: 'scaffold reads a gradient from how far a site went, which only plain sgd tells: name sgd',
  },
  {
    path: ['optimizer', 'momentum'],
    isSet: ({ optimizer }) => optimizer?.name === 'sgd' && optimizer.momentum > 0,
    message: 'scaffold reads a gradient from how far a site went, which momentum hides: leave it out',
  },
  ...(['schedule', 'rates'] as const).map((name) => ({
    path: [name],
    isSet: (terms: Partial<Training>) => terms[name] !== undefined,
    message: 'scaffold takes every step of every weight at one rate: leave it out',
  })),
  {
    path: ['gradientLimit'],
    isSet: ({ gradientLimit }) => gradientLimit !== undefined,
    message: 'a shortened gradient is none that scaffold can correct by: leave it out',
  },
  {
    path: ['update', 'codec'],
    isSet: ({ update }) => update !== undefined && update.codec !== 'f32',
    message: 'scaffold would take for gradient what coding changes of an update: leave it out',
  },
  {
    path: ['proximal'],
    isSet: ({ proximal = 0 }) => proximal > 0,
    message: 'scaffold and the pull of fedprox undo the same drift: leave out one of the two',
  },
];

/**
 * The strategy `scaffold` stands on what the paper assumes (Karimireddy et al. 2020): a round is so many steps of plain gradient
 * descent at one rate. How many follows from the samples that a site signed, which copies of them would hide.
 */
export function checkScaffold(
  terms: Training,
  stages: readonly z.output<typeof stage>[] = [],
  prepared: z.output<typeof preparation>,
  context: z.RefinementCtx,
): void {
  if (terms.strategy.name !== 'scaffold') return;
  const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  for (const { path, isSet, message } of misfits) {
    if (isSet(terms)) refuse(['training', ...path], message);
    for (const [index, own] of stages.entries()) if (isSet(own)) refuse(['stages', index, ...path], message);
  }
  if (oversamplingOf(prepared) !== null) {
    refuse(['preparation', 'oversample'], 'scaffold counts steps by the samples that a site signed: leave it out');
  }
}
