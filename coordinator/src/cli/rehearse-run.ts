import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { namedFiles, readRunFile, runFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import {
  type Audience,
  barStage,
  castByColumn,
  castByFolder,
  compare,
  comparisonText,
  lineStage,
  openVariant,
  type RehearsalSite,
  rehearse,
  type Stage,
  summaryText,
} from '../rehearsal/index.js';
import type { CommandContext } from './context.js';
import { fileFault, reasonOf } from './files.js';
import type { RehearseOptions } from './rehearse.js';

const exitCodes = { complete: 0, degraded: 3, failed: 1 } as const;

/** Plays a run file as the options of the command say, prints how it went, and sets the exit code. */
export async function rehearseRun(context: CommandContext, path: string, options: RehearseOptions): Promise<void> {
  const { data, by } = options;
  const held = { alone: options.compare ?? false, leftOut: options.leaveOut ?? false };
  const terms = readRunFile(await readText(path), basename(path));
  for (const file of namedFiles(terms)) await readText(join(dirname(path), file));
  const seed = options.seed === undefined ? terms.seed : seedOf(options.seed);
  const out = await freeFolder(options.out ?? `consilium-rehearsal-${terms.name}-${stampOf(context.now())}`);
  await using variant = await openVariant(path, terms, { seed });
  const played = options.seed === undefined ? resolve(path) : variant.path;
  const { backend, device, synthetic = false } = options;
  const keep = options.out !== undefined;
  const play = { runFile: played, out, keep, backend, device, synthetic, signal: context.signal };
  let cast: readonly RehearsalSite[] = [];
  const summary = await rehearse({
    ...play,
    sites: async (processes) => {
      cast =
        data !== undefined && by !== undefined
          ? await castByColumn(processes, { runFile: played, directory: resolve(data), column: by })
          : await castByFolder(options.site);
      return cast;
    },
    stage: stageOf(context, options),
    ...(options.page && { audience: audienceOf(context) }),
  });
  if (!options.page) context.print(summaryText(summary));
  const compared =
    held.alone || held.leftOut
      ? await compare(play, { cast, terms: { ...terms, seed }, held, stage: () => stageOf(context, options) })
      : null;
  if (compared !== null) context.print(comparisonText(summary, compared));
  if (options.json) context.print(JSON.stringify(compared === null ? summary : { ...summary, compared }));
  process.exitCode = exitCodes[summary.status];
}

/** Somebody at this machine who looks at the page, and stays after the end. */
const audienceOf = ({ print, signal }: CommandContext): Audience => ({
  invited: (link) => print(`Page         ${link}`),
  async gone(summary) {
    print(summaryText(summary));
    print('');
    print('The page stays open until Ctrl-C.');
    if (!signal.aborted) await once(signal, 'abort');
  },
});

/** The number itself; the run file's own schema checks its range. */
const seedOf = (text: string): number =>
  runFile.shape.seed.safeParse(Number(text)).data ??
  fail('CSM-CLI-ARGUMENT', { name: '--seed', problem: 'a whole number from 0 to 2147483647' });

const stageOf = (context: CommandContext, { json }: RehearseOptions): Stage =>
  context.interactive && !json ? barStage(process.stderr) : lineStage((line) => void process.stderr.write(`${line}\n`));

const stampOf = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => fail('CSM-RUNFILE-MISSING', { file }, { cause }));

/** A folder that is empty or not there yet; it is made when the rehearsal starts. @throws CSM-CLI-EXISTS, CSM-CLI-FILE */
async function freeFolder(path: string): Promise<string> {
  const folder = resolve(path);
  const found = await readdir(folder).catch((thrown: unknown) =>
    reasonOf(thrown) === 'ENOENT' ? [] : fileFault(path)(thrown),
  );
  return found.length === 0 ? folder : fail('CSM-CLI-EXISTS', { path });
}
