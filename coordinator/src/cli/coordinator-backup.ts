import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import type { CommandContext } from './context.js';

const pinNameBytes = 8;

/** `coordinator backup`: on the coordinator's machine, over its folder, whether it runs or not. */
export const backupCommand = (context: CommandContext): Command =>
  new Command('backup')
    .description("copy the coordinator's folder, also while it serves")
    .argument('<dir>', 'where to; it must not be there yet')
    .requiredOption('--home <dir>', "the coordinator's folder")
    .action(async (dir: string, { home }: { home: string }) => {
      const to = resolve(dir);
      if (await isThere(to)) fail('CSM-CLI-EXISTS', { path: dir });
      // Loaded here: no other command of this machine needs the store before the server.
      const { backUp } = await import('../backup/index.js');
      const name = `backup-${Buffer.from(context.random(pinNameBytes)).toString('hex')}`;
      const { runs, records, blobs, bytes } = await backUp(home, to, name);
      context.print(`Journal      ${records} records of ${runs} runs, as they stood at one moment`);
      context.print(`Blobs        ${blobs}, ${(bytes / 2 ** 20).toFixed(1)} MiB, sealed as they are`);
      context.print(`Written to   ${dir}`);
    });

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
