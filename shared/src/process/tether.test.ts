import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const room = fileURLToPath(new URL('../../dist/process/index.js', import.meta.url));

const child = `
  import { tether } from ${JSON.stringify(room)};
  tether();
  setTimeout(() => {
    console.log(process.pid);
    const end = Date.now() + 60_000;
    while (Date.now() < end);
  }, 200);
`;

const parent = `
  import { spawn } from 'node:child_process';
  import { tetheredEnvironment } from ${JSON.stringify(room)};
  spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(child)}], { stdio: 'inherit', env: tetheredEnvironment() });
  setInterval(() => {}, 1000);
`;

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('a busy child is gone within five seconds of the kill -9 of its parent', async () => {
  const holder = spawn(process.execPath, ['--input-type=module', '-e', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(alive(pid)).toBe(true);
  holder.kill('SIGKILL');
  const killed = Date.now();
  while (alive(pid) && Date.now() - killed < 5_000) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(alive(pid)).toBe(false);
});
