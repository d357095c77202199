import { runFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { z } from 'zod';
import { type Bound, bind } from '../bind.js';
import type { ApiOptions } from '../options.js';
import { json, named } from '../shape.js';

export const postCheck = json({
  method: 'POST',
  path: '/api/run-files/check',
  access: 'overseer',
  group: 'runs',
  summary: 'Asks the models what they say to a run file, before it is signed; nothing is kept',
  body: named('RunFileToCheck', z.strictObject({ runFile })),
  answer: named('RunFileCheck', z.strictObject({ warnings: z.array(z.string()) })),
});

export function checkRoutes({ checkModel }: ApiOptions): readonly Bound[] {
  // One after another: each is a process that loads the models.
  let last: Promise<unknown> = Promise.resolve();
  return [
    bind(postCheck, async ({ body, signal }) => {
      const { model, validation } = body.runFile;
      const file = model.weights?.file ?? validation.previous;
      if (file !== undefined) fail('CSM-API-WEIGHTS', { file });
      const found = last.then(() => (signal.aborted ? [] : checkModel(body.runFile, signal)));
      last = found.catch(() => undefined);
      return { warnings: [...(await found)] };
    }),
  ];
}
