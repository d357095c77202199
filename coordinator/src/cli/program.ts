import { Command } from 'commander';
import { version } from '../version.js';
import { adoptCommand } from './adopt.js';
import { approveCommand } from './approve.js';
import { runCommands } from './commands.js';
import type { CommandContext } from './context.js';
import { coordinatorCommand } from './coordinator-start.js';
import { exportCommand } from './export.js';
import { extendCommand } from './extend.js';
import { initCommand } from './init.js';
import { inviteCommand } from './invite.js';
import { journalCommand } from './journal.js';
import { launchCommand } from './launch.js';
import { rehearseCommand } from './rehearse.js';
import { revokeCommand } from './revoke.js';
import { sitesCommand } from './sites.js';
import { statusCommand } from './status.js';
import { usersCommand } from './users.js';
import { verifyCommand } from './verify.js';
import { watchCommand } from './watch.js';

/** The lead's command line, to be parsed once. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('consilium')
    .description('Federated learning across hospitals: the lead’s command line')
    .version(version);
  const commands = [
    initCommand(context),
    coordinatorCommand(context),
    adoptCommand(context),
    inviteCommand(context),
    sitesCommand(context),
    approveCommand(context),
    revokeCommand(context),
    launchCommand(context),
    ...runCommands(context),
    extendCommand(context),
    statusCommand(context),
    watchCommand(context),
    exportCommand(context),
    usersCommand(context),
    rehearseCommand(context),
    journalCommand(context),
    verifyCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
