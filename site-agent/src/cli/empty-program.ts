import { Command } from 'commander';
import { version } from '../config/index.js';

/** The hospital's command line, before it has commands. */
export const emptyProgram = (): Command =>
  new Command('consilium-site')
    .description('Consilium at a hospital: train on your own patients, send weights, never records')
    .version(version);
