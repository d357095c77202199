import { asCoded, explain } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import type { Command } from 'commander';
import { type CommandContext, processContext } from './context.js';
import { emptyProgram } from './empty-program.js';

/** An agent runs for months: what the other commands load would lie in its memory all that time. */
async function programFor(word: string | undefined, context: CommandContext): Promise<Command> {
  if (word !== 'start') return (await import('./program.js')).createProgram(context);
  const program = emptyProgram();
  (await import('./start.js')).addStart(program, context);
  return program;
}

tether();
try {
  await (await programFor(process.argv[2], processContext())).parseAsync();
} catch (thrown) {
  const error = asCoded(thrown);
  process.stderr.write(`${explain(error)}\n`);
  if (error.code === 'CSM-INTERNAL' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
  // A command may have given its fault a number of its own.
  process.exitCode ??= 1;
}
