import { resolve } from 'node:path';
import { type EnrolmentCode, fingerprint, parseEnrolmentCode } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { Command } from 'commander';
import {
  hasKey,
  keepStanding,
  makeHome,
  makeKey,
  openKey,
  readEnrolment,
  readIfThere,
  type SiteHome,
  siteSettings,
  writeEnrolment,
  writeSettings,
} from '../config/index.js';
import { type CommandContext, homeOf, readPassphrase, wayOut } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';
import { firstWord } from './first-word.js';

interface EnrolOptions extends DataOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly backend?: string;
  readonly device?: string;
  readonly threads?: string;
  readonly proxy?: string;
  readonly ca?: string;
}

export function addEnrol(program: Command, context: CommandContext): void {
  withDataOptions(
    program
      .command('enrol')
      .argument('<code>', 'the one-time code that the lead gave')
      .description("make this site's key, show the code to the coordinator, and print what to read to the lead"),
  )
    .option('--home <dir>', "the agent's own folder")
    .option('--passphrase-file <file>', "first line: the passphrase that seals the site's key")
    .option('--backend <name>', 'auto, native, webgpu, wasm or cpu')
    .option('--device <kind>', 'what it must run on: any, gpu or cpu')
    .option('--threads <n>', 'threads that native training may use')
    .option('--proxy <url>', 'HTTP proxy on the way to the coordinator')
    .option('--ca <file>', 'PEM file of private root certificates')
    .action((code: string, options: EnrolOptions) => enrol(code, options, context));
}

async function enrol(text: string, options: EnrolOptions, context: CommandContext): Promise<void> {
  const code = parseEnrolmentCode(text);
  if (context.now() > code.notAfter) fail('CSM-ENROL-EXPIRED', { notAfter: code.notAfter.toISOString() });
  const home = homeOf(context, options.home);
  await makeHome(home);
  await refuseOther(home, code);
  const made = !(await hasKey(home));
  const passphrase = await readPassphrase(context, { file: options.passphraseFile, fresh: made });
  const identity = made ? await makeKey(home, passphrase) : await openKey(home, passphrase);

  const { address, lead, consortium, site, secret } = code;
  const trust = { lead, consortium, site };
  const connected = await firstWord({ address, ...(await wayOut(options)), identity, trust, secret }, context);
  await writeEnrolment(home, { address, lead, consortium, site });
  await keepStanding(
    home,
    { address, lead, consortium, site, publicKey: identity.publicKey },
    { certificate: connected.welcome.certificate, coordinatorRevision: connected.coordinator.revision },
  );
  const wrote = await firstSettings(home, options);

  context.print(`Site ${site} is enrolled at ${address}.`);
  context.print(`Fingerprint of its key: ${fingerprint(identity.publicKey)}`);
  if (connected.welcome.standing === 'approved') context.print('The lead has approved it.');
  else context.print('Read the fingerprint to the lead by telephone; the lead approves the site when it is the same.');
  if (wrote) context.print(`Settings: ${home.settings}`);
  context.print(`Next: consilium-site doctor RUN.yaml, then consilium-site start --home ${home.folder}`);
}

async function refuseOther(home: SiteHome, code: EnrolmentCode): Promise<void> {
  const before = await readEnrolment(home);
  if (before === null || (before.consortium === code.consortium && before.site === code.site)) return;
  fail('CSM-CLISITE-ENROLLED', { home: home.folder, site: before.site });
}

/** Writes site.yaml unless the site has one. */
async function firstSettings(home: SiteHome, options: EnrolOptions): Promise<boolean> {
  const data = dataSettings(options);
  if (data === null || (await readIfThere(home.settings)) !== null) return false;
  const given = siteSettings.safeParse({
    data,
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(options.device !== undefined && { device: options.device }),
    ...(options.threads !== undefined && { threads: Number(options.threads) }),
    ...(options.proxy !== undefined && { proxy: options.proxy }),
    ...(options.ca !== undefined && { ca: resolve(options.ca) }),
  });
  if (!given.success) {
    const issue = given.error.issues[0]!;
    fail('CSM-CLI-ARGUMENT', { name: `--${String(issue.path[0])}`, problem: issue.message });
  }
  await writeSettings(home.settings, given.data);
  return true;
}
