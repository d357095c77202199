// The agent of a hospital as it is started there: enrolled by hand, approved, connected, with nothing to do.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../site-agent/bin/consilium-site.js', import.meta.url));
const site = 'hospital-idle';
const settleMs = 10_000;
const pollMs = 250;

/** @returns bytes that the process of an enrolled agent without a run holds, and the most that it did; and its children */
export async function idleAgent(lead, folder) {
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'table.csv'), 'sample,label,gene-00000\na,x,1\n');
  const env = { ...process.env, CONSILIUM_PASSPHRASE: 'only for this bench' };
  const home = ['--home', join(folder, 'home')];
  const code = await lead.invite(site);
  await promisify(execFile)(process.execPath, [program, 'enrol', code, '--data', data, '--backend', 'wasm', ...home], {
    env,
  });
  const { sites } = await lead.json('GET', '/api/sites');
  await lead.approve(site, sites.find((one) => one.site === site).pending.publicKey);
  const child = spawn(process.execPath, [program, 'start', ...home], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    await untilConnected(lead);
    await pause(settleMs);
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
    const bytes = (line) => Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    const children = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim();
    return {
      bytes: bytes('VmRSS'),
      peakBytes: bytes('VmHWM'),
      children: children === '' ? 0 : children.split(' ').length,
    };
  } finally {
    child.kill();
    await ended;
  }
}

async function untilConnected(lead) {
  for (;;) {
    const { sites } = await lead.json('GET', '/api/sites');
    if (sites.some((one) => one.site === site && one.connected)) return;
    await pause(pollMs);
  }
}
