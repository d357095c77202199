import { asCoded, explain, placesOf } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { processContext } from './context.js';
import { createProgram } from './program.js';

tether();
try {
  await (await createProgram(processContext(), process.argv[2])).parseAsync();
} catch (thrown) {
  const error = asCoded(thrown);
  process.stderr.write(`${explain(error)}\n`);
  if (error.code === 'CSM-INTERNAL' && thrown instanceof Error) process.stderr.write(`${placesOf(thrown)}\n`);
  // A command may have given its fault a number of its own.
  process.exitCode ??= 1;
}
