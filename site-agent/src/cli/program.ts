import { Command } from 'commander';
import { version } from '../config/index.js';
import type { CommandContext } from './context.js';

type AddCommand = (program: Command, context: CommandContext) => void;

/** The hospital's commands, in the order of the help. A new command is a file and a line here. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  enrol: async () => (await import('./enrol.js')).addEnrol,
  doctor: async () => (await import('./doctor.js')).addDoctor,
  backend: async () => (await import('./backend.js')).addBackend,
  start: async () => (await import('./start.js')).addStart,
  rekey: async () => (await import('./rekey.js')).addRekey,
  evaluate: async () => (await import('./evaluate.js')).addEvaluate,
  predict: async () => (await import('./predict.js')).addPredict,
  leave: async () => (await import('./leave.js')).addLeave,
  groups: async () => (await import('./groups.js')).addGroups,
};

/**
 * The hospital's command line.
 * @param word the first word typed: where it is a command, nothing of the others is loaded, or lies in the memory of an agent for months
 */
export async function createProgram(context: CommandContext, word = ''): Promise<Command> {
  const program = new Command('consilium-site')
    .description('Consilium at a hospital: train on your own patients, send weights, never records')
    .version(version);
  const wanted = Object.hasOwn(commands, word) ? [word] : Object.keys(commands);
  for (const name of wanted) (await commands[name]!())(program, context);
  return program;
}
