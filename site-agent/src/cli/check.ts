import { randomBytes } from 'node:crypto';
import { asCoded, explain, fail } from '@consilium/shared/errors';
import { table } from '@consilium/shared/terminal';
import { silentLog, systemClock } from '@consilium/shared/wire';
import type { Command } from 'commander';
import {
  type Enrolment,
  lockHome,
  openKey,
  readEnrolment,
  readIfThere,
  readSettings,
  type SiteHome,
  type SiteSettings,
} from '../config/index.js';
import { connect } from '../connection/index.js';
import { type DatasetDescription, describe, loadDataset, partNames, type QuarantinedRow } from '../data/index.js';
import { type CommandContext, homeOf, readPassphrase, readText } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';
import { firstWord } from './first-word.js';
import { contractOf } from './run-contract.js';

interface CheckOptions extends DataOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
}

const shownRows = 20;

export function addCheck(program: Command, context: CommandContext): void {
  withDataOptions(
    program
      .command('check')
      .argument('[run.yaml]', 'a run file to hold this site\u2019s data against')
      .description('say what is wrong before a run does: settings, data, backend, connection'),
  )
    .option('--home <dir>', "the agent's own folder")
    .option('--passphrase-file <file>', "first line: the passphrase of the site's key")
    .action((path: string | undefined, options: CheckOptions) => check(path, options, context));
}

/** Does every check, so that one fault does not hide the next; ends with status 1 when any failed. */
async function check(path: string | undefined, options: CheckOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const given = dataSettings(options);
  const settings: SiteSettings | null =
    given !== null && (await readIfThere(home.settings)) === null
      ? null
      : await attempt(context, 'Settings', async () => {
          const read = await readSettings(home.settings);
          context.print(`Settings     ${home.settings}`);
          return read;
        });
  const data = given ?? settings?.data;
  if (path !== undefined) {
    await attempt(context, 'Data', async () => {
      const { directory, files, rows } = data ?? fail('CSM-CLISITE-NO-DATA');
      const contract = await contractOf(path, context.now());
      const dataset = await loadDataset({ directory, contract, ...(files && { files }), ...(rows && { rows }) });
      show(context, describe(dataset), dataset.quarantine);
    });
  }
  await attempt(context, 'Backend', async () => {
    const { useBackend } = await import('@consilium/models/backend');
    const { name, version, device, threads, note } = await useBackend(settings?.backend ?? 'auto');
    context.print(
      `Backend      ${name} ${version} on ${device}, ${threads} threads${note === undefined ? '' : `; ${note}`}`,
    );
  });
  if (settings !== null) await attempt(context, 'Connection', () => reach(home, settings, options, context));
}

async function attempt<Result>(
  context: CommandContext,
  what: string,
  work: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await work();
  } catch (thrown) {
    context.print(`${what.padEnd(12)} ${explain(asCoded(thrown)).replaceAll('\n', `\n${' '.repeat(11)}`)}`);
    process.exitCode = 1;
    return null;
  }
}

function show(context: CommandContext, cohort: DatasetDescription, quarantine: readonly QuarantinedRow[]): void {
  const { counts, parts, features, classes, missingValues } = cohort;
  context.print(
    `Data         ${counts.read} rows read, ${counts.kept} used, ${counts.otherLabel} with another label, ` +
      `${counts.quarantined} set aside; ${features} features, ${counts.missingFeatures} of them missing here, ` +
      `${(100 * missingValues).toFixed(1)} % of values missing`,
  );
  const sizes = (count: (part: DatasetDescription['parts']['train']) => number) =>
    partNames.map((name) => count(parts[name]));
  context.print(
    table(
      ['', ...partNames],
      [
        ['patients', ...sizes(({ patients }) => patients)],
        ['samples', ...sizes(({ samples }) => samples)],
        ...classes.map((name, index) => [`  ${name}`, ...sizes(({ perClass }) => perClass[index] ?? 0)]),
      ],
    ),
  );
  for (const { file, line, reason, column } of quarantine.slice(0, shownRows)) {
    context.print(`set aside    ${file}, line ${line}: ${reason}${column === undefined ? '' : ` in column ${column}`}`);
  }
  if (quarantine.length > shownRows) context.print(`set aside    … and ${quarantine.length - shownRows} more`);
  context.print('These counts are exact and for this hospital alone; small ones never leave it.');
}

/** Proves the key to the coordinator as the agent would, unless one runs: its session would have to give way. */
async function reach(
  home: SiteHome,
  settings: SiteSettings,
  options: CheckOptions,
  context: CommandContext,
): Promise<void> {
  const enrolment = await readEnrolment(home);
  if (enrolment === null) {
    context.print('Connection   this site is not enrolled yet');
    return;
  }
  const unlock = await lockHome(home);
  try {
    await prove(home, enrolment, settings, options, context);
  } finally {
    await unlock();
  }
}

async function prove(
  home: SiteHome,
  enrolment: Enrolment,
  settings: SiteSettings,
  options: CheckOptions,
  context: CommandContext,
): Promise<void> {
  const identity = await openKey(home, await readPassphrase(context, { file: options.passphraseFile, fresh: false }));
  const connection = connect({
    address: enrolment.address,
    env: context.env,
    ...(settings.proxy !== undefined && { proxy: settings.proxy }),
    ...(settings.ca !== undefined && { ca: await readText(settings.ca) }),
    identity,
    trust: enrolment,
    instance: randomBytes(8).toString('hex'),
    clock: systemClock,
    log: silentLog,
    signal: context.signal,
  });
  try {
    const { welcome } = await firstWord(connection.onState, context.signal);
    const standing = welcome.standing === 'approved' ? 'approved by the lead' : 'waiting for approval by the lead';
    context.print(`Connection   ${enrolment.address} answers; site ${enrolment.site} is ${standing}`);
  } finally {
    await connection.close();
  }
}
