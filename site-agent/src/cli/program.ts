import { Command } from 'commander';
import { version } from '../config/index.js';
import { addBackend } from './backend.js';
import type { CommandContext } from './context.js';
import { addDoctor } from './doctor.js';
import { addEnrol } from './enrol.js';
import { addEvaluate } from './evaluate.js';
import { addGroups } from './groups.js';
import { addPredict } from './predict.js';
import { addStart } from './start.js';

/** The hospital's command line. A new command is a file and a line here. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('consilium-site')
    .description('Consilium at a hospital: train on your own patients, send weights, never records')
    .version(version);
  for (const add of [addEnrol, addDoctor, addBackend, addStart, addEvaluate, addPredict, addGroups])
    add(program, context);
  return program;
}
