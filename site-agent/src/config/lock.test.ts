import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const starters = 6;
const rounds = 60;

/** Tries to take a lock at each word, keeps it until all have tried, and says whether it got it. */
const program = `
  const { holdLock } = await import(${JSON.stringify(fileURLToPath(new URL('../../dist/config/lock.js', import.meta.url)))});
  let letGo = async () => {};
  process.on('message', async (lock) => {
    await letGo();
    letGo = async () => {};
    if (lock === 'none') return process.send('free');
    const refuse = () => { throw new Error('refused'); };
    try {
      letGo = await holdLock(lock, refuse);
      process.send('won');
    } catch (error) {
      process.send(error.message);
    }
  });
  process.once('disconnect', () => process.exit());
  process.send('ready');
`;

let folder: string;
let children: ChildProcess[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-lock-'));
  children = Array.from({ length: starters }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const ask = (word: string): Promise<unknown[]> =>
  Promise.all(
    children.map(async (child) => {
      const answer = once(child, 'message');
      child.send(word);
      return (await answer)[0];
    }),
  );

it('of a process that is gone goes to one of those that start at once, never to two', async () => {
  const lock = join(folder, 'agent.lock');
  for (let round = 0; round < rounds; round++) {
    await writeFile(lock, '99999999 5');
    const answers = await ask(lock);
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'refused')).toHaveLength(starters - 1);
    await ask('none');
    expect(await readdir(folder)).toEqual([]);
  }
});
