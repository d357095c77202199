import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CoordinatorOptions } from '@consilium/coordinator/coordinator';
import type { TcpProxy } from './proxy.js';

const program = fileURLToPath(new URL('./mortal.mjs', import.meta.url));

/** Where a coordinator is to die: at its so-manieth commit of records since it was started. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** How it died, with the records of the commit. */
export type Obituary = Death & { readonly word: unknown };

export interface Mortals {
  readonly obituaries: readonly Obituary[];
  close(): Promise<void>;
}

/**
 * Coordinators on one folder, each a process of its own, one after the other behind one address: when one has died as it was
 * meant to, the next is started. Anything else that ends one is a fault, and `close` says it.
 */
export function openMortals(
  options: Omit<CoordinatorOptions, 'log' | 'host' | 'port'>,
  proxy: TcpProxy,
  deaths: Iterator<Death, undefined>,
): Mortals {
  const obituaries: Obituary[] = [];
  let closing = false;
  let standby = openStandby();
  let living = standby;

  async function live(death: Death | null): Promise<void> {
    living = standby;
    const { child, lines, ended, complaint } = living;
    child.send({ options: { ...options, host: '127.0.0.1', port: 0, address: proxy.address }, death });
    standby = openStandby();
    let died = false;
    for await (const line of lines) {
      const said: { readonly url: string } | Obituary = JSON.parse(line);
      if ('url' in said) proxy.redirect(Number(new URL(said.url).port));
      else {
        died = true;
        obituaries.push(said);
      }
    }
    const [status, signal] = await ended;
    if (!closing && !(died && signal === 'SIGKILL')) {
      throw new Error(`a coordinator ended with ${status ?? signal}: ${complaint()}`);
    }
  }

  const lives = (async () => {
    while (!closing) await live(deaths.next().value ?? null);
  })();
  lives.catch(() => {});

  return {
    obituaries,
    async close() {
      closing = true;
      living.child.kill('SIGKILL');
      try {
        await lives;
      } finally {
        standby.child.kill('SIGKILL');
        await standby.ended;
      }
    },
  };
}

/** A process that has loaded all that a coordinator is, and waits to be told its turn. */
function openStandby() {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  return {
    child,
    lines: createInterface({ input: child.stdout! }),
    ended: once(child, 'close'),
    complaint: () => complaint,
  };
}
