import type { Command } from 'commander';
import { addBackend } from './backend.js';
import type { CommandContext } from './context.js';
import { addDoctor } from './doctor.js';
import { emptyProgram } from './empty-program.js';
import { addEnrol } from './enrol.js';
import { addEvaluate } from './evaluate.js';
import { addGroups } from './groups.js';
import { addPredict } from './predict.js';
import { addStart } from './start.js';

/** The hospital's command line. A new command is a file and a line here. */
export function createProgram(context: CommandContext): Command {
  const program = emptyProgram();
  for (const add of [addEnrol, addDoctor, addBackend, addStart, addEvaluate, addPredict, addGroups])
    add(program, context);
  return program;
}
