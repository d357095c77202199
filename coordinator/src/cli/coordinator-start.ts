import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import { consortiumId, publicKey } from '@consilium/shared/ids';
import { Command } from 'commander';
import { pino } from 'pino';
import type { z } from 'zod';
import { readAddress } from './client.js';
import type { CommandContext } from './context.js';
import { backupCommand } from './coordinator-backup.js';
import { rekeyCommand } from './coordinator-rekey.js';
import { fileFault } from './files.js';
import { consortiumOf } from './lead-home.js';
import { readPassphrase } from './passphrase.js';

interface StartOptions {
  readonly home: string;
  readonly lead: string;
  readonly consortium?: string;
  readonly host: string;
  readonly port: string;
  readonly address?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly behindProxy?: boolean;
  readonly passphraseFile?: string;
  readonly metricsTokenFile?: string;
  readonly logLevel: string;
}

export const coordinatorCommand = (context: CommandContext): Command =>
  new Command('coordinator')
    .description('the server')
    .addCommand(startCommand(context))
    .addCommand(backupCommand(context))
    .addCommand(rekeyCommand(context));

const startCommand = (context: CommandContext): Command =>
  new Command('start')
    .description('serve sites, lead and page until told to stop')
    .requiredOption('--home <dir>', "the coordinator's folder: its keys, journal and blobs")
    .requiredOption('--lead <key>', "the lead's public key, as `consilium init` printed it")
    .option('--consortium <id>', "the consortium's id (default: the one of the lead's key)")
    .option('--host <host>', 'network address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on', '8443')
    .option('--address <url>', 'address under which sites and people reach the coordinator')
    .option('--cert <file>', 'PEM file of the TLS certificate, with its chain')
    .option('--key <file>', 'PEM file of its private key')
    .option('--behind-proxy', 'TLS ends at a proxy in front')
    .option('--passphrase-file <file>', 'file whose first line is the passphrase of the coordinator’s keys')
    .option('--metrics-token-file <file>', 'file whose first line is the bearer token that opens /metrics')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .action((options: StartOptions) => start(context, options));

async function start(context: CommandContext, options: StartOptions): Promise<void> {
  const lead = readOption('--lead', options.lead, publicKey);
  const consortium =
    options.consortium === undefined
      ? consortiumOf(lead)
      : readOption('--consortium', options.consortium, consortiumId);
  if (!levels.has(options.logLevel)) fail('CSM-CLI-ARGUMENT', { name: '--log-level', problem: 'it is no level' });
  const tls = await readTls(options);
  const address =
    options.address === undefined ? {} : { address: readAddress(options.address).href.replace(/\/$/, '') };
  const metricsToken =
    options.metricsTokenFile === undefined ? {} : { metricsToken: await readToken(options.metricsTokenFile) };
  const what = "the coordinator's keys";
  const passphrase = await readPassphrase(context, { file: options.passphraseFile, what });
  // Loaded here: no other command needs the server.
  const { startCoordinator } = await import('../coordinator.js');
  const coordinator = await startCoordinator({
    home: options.home,
    passphrase,
    lead,
    consortium,
    host: options.host,
    port: readPort(options.port),
    behindProxy: options.behindProxy ?? false,
    log: pino({ level: options.logLevel, base: null }, pino.destination(2)),
    ...address,
    ...metricsToken,
    ...(tls === null ? {} : { tls }),
  });
  const shown = options.address ?? coordinator.url;
  context.print(`Coordinator  ${shown}`);
  context.print(`Fingerprint  ${coordinator.fingerprint}`);
  if (coordinator.setupLink !== null) context.print(`First page user (once)  ${coordinator.setupLink}`);
  context.print('');
  context.print('If the lead has not adopted it yet, on the lead’s machine:');
  context.print(`  consilium adopt ${shown} --fingerprint ${coordinator.fingerprint}`);
  if (!context.signal.aborted) await once(context.signal, 'abort');
  await coordinator.close();
}

const levels = new Set(['debug', 'info', 'warn', 'error']);

async function readTls({ cert, key }: StartOptions): Promise<{ readonly cert: string; readonly key: string } | null> {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    return fail('CSM-CLI-ARGUMENT', { name: '--cert and --key', problem: 'they go together' });
  }
  return {
    cert: await readFile(cert, 'utf8').catch(fileFault(cert)),
    key: await readFile(key, 'utf8').catch(fileFault(key)),
  };
}

/** The first line of a file: 32 characters or more of those that a bearer token may have (RFC 6750). */
async function readToken(file: string): Promise<string> {
  const [line = ''] = (await readFile(file, 'utf8').catch(fileFault(file))).split(/\r?\n/, 1);
  if (/^[\w.~+/-]{32,}=*$/.test(line)) return line;
  const problem = 'its first line must have 32 characters or more, letters, digits and - . _ ~ + / alone';
  return fail('CSM-CLI-ARGUMENT', { name: '--metrics-token-file', problem });
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : fail('CSM-CLI-ARGUMENT', { name: '--port', problem: 'a number from 0 to 65535' });
}

function readOption<Schema extends z.ZodType>(name: string, text: string, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(text);
  return parsed.success
    ? parsed.data
    : fail('CSM-CLI-ARGUMENT', { name, problem: parsed.error.issues[0]?.message ?? 'not as expected' });
}
