import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { adopt, isWhole } from './download.js';
import { onDisk, reasonOf, unreachable } from './faults.js';
import type { Pin } from './pins.js';
import type { Run } from './run.js';
import { readWheelName } from './wheel-name.js';

/** Any Python will do to fetch a wheel that fits all; pip wants one named. */
const anyPython = '3.11';

export interface PipOptions {
  readonly run: Run;
  readonly signal: AbortSignal;
  readonly proxy?: string | undefined;
  readonly ca?: string | undefined;
  readonly onFile?: (pin: Pin) => void;
}

/**
 * Fetches wheels by pip, for the sake of what the hospital told it: its own index, proxy, folder of wheels. pip neither unpacks nor
 * installs anything, and the pin decides whether a file is right.
 *
 * @throws CSM-NATIVE-UNREACHABLE, CSM-NATIVE-HASH, CSM-NATIVE-DISK, the signal's reason
 */
export async function fetchByPip(files: readonly Pin[], folder: string, options: PipOptions): Promise<void> {
  const { run, signal, onFile } = options;
  const missing: Pin[] = [];
  for (const pin of files) if (!(await isWhole(join(folder, pin.name), pin, signal))) missing.push(pin);
  if (missing.length === 0) return;
  const { status } = await run('python3', ['-m', 'pip', '--version'], { signal });
  if (status !== 0) throw unreachable('pip', 'python3 -m pip is not here');
  const scratch = await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true });
    return mkdtemp(join(folder, 'pip-'));
  });
  try {
    const env = await wayOf(scratch, options);
    for (const pin of missing) {
      onFile?.(pin);
      const ended = await run('python3', argumentsFor(pin, scratch), { signal, env });
      if (ended.status !== 0) throw unreachable('pip', pipReason(ended.output, ended.status));
      await adopt(join(scratch, pin.name), join(folder, pin.name), pin, signal).catch((thrown: unknown) => {
        throw reasonOf(thrown) === 'ENOENT' ? unreachable('pip', `gave another file than ${pin.name}`) : thrown;
      });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function argumentsFor({ name }: Pin, scratch: string): readonly string[] {
  const { project = name, version = '', python = null, platforms = [] } = readWheelName(name) ?? {};
  return [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', scratch],
    ...['--implementation', 'cp', '--python-version', python ?? anyPython],
    ...platforms.flatMap((platform) => ['--platform', platform]),
    ...['--no-input', '--progress-bar', 'off', '--retries', '2', '--disable-pip-version-check'],
    `${project}==${version}`,
  ];
}

/**
 * What the site's settings say goes before pip's own configuration. It travels in the environment: what stands on a command line,
 * a proxy's password too, is shown to every user of the machine.
 */
async function wayOf(scratch: string, { proxy, ca }: PipOptions): Promise<Readonly<Record<string, string>>> {
  const certificates = join(scratch, 'roots.pem');
  if (ca !== undefined) await writeFile(certificates, [...rootCertificates, ca].join('\n'));
  return { ...(proxy !== undefined && { PIP_PROXY: proxy }), ...(ca !== undefined && { PIP_CERT: certificates }) };
}

/** pip's own words may hold addresses with passwords; these are ours. */
const pipReason = (output: string, status: number | null): string =>
  /no matching distribution/i.test(output) ? 'finds no such file' : `ended with status ${status ?? 'unknown'}`;
