import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  hospitals,
  openRehearsals,
  type Rehearsals,
  rehearse,
  runFile,
  sites,
  summaryOf,
} from '../harness/rehearsals.js';
import type { Terminal } from '../harness/terminal.js';

describe.skipIf(process.platform !== 'linux')('consilium rehearse, stopped in the middle', () => {
  let rehearsals: Rehearsals;
  let terminal: Terminal;
  const at = (...names: readonly string[]) => rehearsals.at(...names);

  beforeAll(async () => {
    rehearsals = await openRehearsals();
    terminal = rehearsals.terminal;
  });
  afterAll(() => rehearsals.close());

  /** A rehearsal whose agents train, for much longer than this test waits. */
  async function training(out: string) {
    await writeFile(at('long.yaml'), runFile({ training: 'rounds: 1, localEpochs: 500' }));
    const running = terminal.start('consilium', ...rehearse('long.yaml', ...sites(hospitals), '--out', out));
    await running.said(/^train:0:1 /m);
    for (const site of hospitals)
      await until(async () => /training/.test(await readFile(at(out, 'logs', `${site}.log`), 'utf8')));
    // Rehearsal, coordinator, and of each hospital agent and trainer.
    expect((await rehearsals.living()).length).toBeGreaterThanOrEqual(2 + 2 * hospitals.length);
    return running;
  }

  it('Ctrl-C ends everything', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const running = await training('interrupted');
    running.signal('SIGINT');
    const { status, out, err } = await running.ended;
    expect(status).toBe(130);
    expect(`${out}${err}`).not.toMatch(/CSM-|^\s+at /m);
    expect(await rehearsals.living()).toEqual([]);
  });

  it('with --page the coordinator can be looked at until Ctrl-C, and the run counts as it ended', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const running = terminal.start(
      'consilium',
      ...rehearse('run.yaml', ...sites(hospitals), '--out', 'shown', '--page', '--json'),
    );
    const [, link = ''] = await running.said(/^Page\s+(http:\S+#setup=\S+)$/m);
    await running.said(/^The page stays open/m);
    expect((await fetch(new URL('/healthz', link))).status).toBe(200);
    running.signal('SIGINT');
    const ended = await running.ended;
    expect(ended.status).toBe(0);
    expect(summaryOf(ended)).toMatchObject({ status: 'complete' });
    expect(await rehearsals.living()).toEqual([]);
  });

  it('Ctrl-C ends everything before the run, too', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const running = terminal.start('consilium', ...rehearse('run.yaml', ...sites(hospitals), '--out', 'unstarted'));
    await running.said(/^Enrolling/m);
    running.signal('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(await rehearsals.living()).toEqual([]);
  });

  it('kill -9 of the rehearsal leaves no process after five seconds', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const running = await training('killed');
    running.signal('SIGKILL');
    expect((await running.ended).status).toBeNull();
    await until(async () => (await rehearsals.living()).length === 0, 5_000);
  });

  async function until(holds: () => Promise<boolean>, limitMs = 300_000): Promise<void> {
    const end = performance.now() + limitMs;
    while (!(await holds().catch(() => false))) {
      if (performance.now() > end)
        throw new Error(`not so after ${limitMs} ms; living: ${(await rehearsals.living()).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
