import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { initialWeights } from '@consilium/models/families';
import { readRunFile } from '@consilium/shared/contract';
import { stepId } from '@consilium/shared/ids';
import { encodePreparation, type PreparationState } from '@consilium/shared/statistics';
import { encodeWeights, type Weights } from '@consilium/shared/weights';
import { type Clock, silentLog } from '@consilium/shared/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBackend } from '../backends/index.js';
import { type TinySite, tinySite } from '../testing/tiny-site.js';
import { backendWord, type Job, type Setting } from './messages.js';
import { createTrainer } from './trainer.js';

/** What the tether promises. */
const promisedMs = 5_000;
const pollMs = 100;

const startOf = (width: number, classes: number): Weights =>
  initialWeights({
    ...{ family: 'attention-aml', preset: 'small', options: {}, stage: 'train' },
    ...{ input: { kind: 'rows', width }, classes, seed: 7 },
  }).shared;

describe('the trainer', () => {
  let site: TinySite;
  let folder: string;
  beforeEach(async () => {
    site = await tinySite();
    folder = await mkdtemp(join(tmpdir(), 'consilium-trainer-'));
  });
  afterEach(async () => {
    await site.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const settingOf = (localEpochs: number): Setting => ({
    contract: site.signed({ localEpochs }).contract,
    site: site.enrolment.site,
    data: site.settings.data,
    backend: 'wasm',
    device: 'any',
  });

  async function trainJob(features = ['g1', 'g2', 'g3', 'g4']): Promise<Job> {
    const zeros = features.map(() => 0);
    await writeFile(join(folder, 'base'), encodeWeights(startOf(features.length, 2)));
    const state: PreparationState = {
      format: 'consilium-preparation-1',
      features,
      classCounts: [20, 20],
      samples: 40,
      scale: { mean: zeros, sd: zeros.map(() => 1) },
    };
    await writeFile(join(folder, 'preparation'), encodePreparation(state));
    return {
      kind: 'train',
      step: stepId.parse('train:0:1'),
      stage: 0,
      round: 1,
      model: join(folder, 'base'),
      frozen: null,
      control: null,
      carried: null,
      onward: null,
      preparation: join(folder, 'preparation'),
      output: join(folder, 'update'),
      carriedOutput: join(folder, 'carried'),
      onwardOutput: join(folder, 'onward'),
    };
  }

  it('gives an update with the very header of its base', async () => {
    const trainer = createTrainer({ setting: settingOf(1), log: silentLog });
    try {
      const result = await trainer.run(await trainJob(), { signal: new AbortController().signal });
      // 60 patients, a quarter for the test, a quarter of the rest for validation.
      expect(result).toMatchObject({ kind: 'train', samples: 34, patients: 34 });
      const [base, update] = [await readFile(join(folder, 'base')), await readFile(join(folder, 'update'))];
      const header = 8 + Number(base.readBigUInt64LE(0));
      expect(update.subarray(0, header)).toEqual(base.subarray(0, header));
      expect(update.length).toBe(base.length);
      expect(update.equals(base)).toBe(false);
    } finally {
      await trainer.close();
    }
  });

  it('says on which device it trains', async () => {
    const said: { readonly facts: object; readonly text: string }[] = [];
    const told: RunningBackend[] = [];
    const log = { ...silentLog, info: (facts: object, text: string) => void said.push({ facts, text }) };
    const trainer = createTrainer({ setting: settingOf(1), log, onBackend: (backend) => told.push(backend) });
    try {
      await trainer.run(await trainJob(), { signal: new AbortController().signal });
      expect(told).toEqual([expect.objectContaining({ name: 'wasm', kind: 'cpu', threads: 1 })]);
      expect(said).toContainEqual({ facts: told[0], text: `training on ${told[0]?.device} (cpu)` });
    } finally {
      await trainer.close();
    }
  });

  it('trains on no processor where a GPU was demanded', async () => {
    const trainer = createTrainer({ setting: { ...settingOf(1), device: 'gpu' }, log: silentLog });
    try {
      await expect(trainer.run(await trainJob(), { signal: new AbortController().signal })).rejects.toMatchObject({
        code: 'CSM-BACKEND-NO-GPU',
      });
    } finally {
      await trainer.close();
    }
  });

  it('tells a fault of the data by its code, and works on', async () => {
    const trainer = createTrainer({ setting: settingOf(1), log: silentLog });
    const { signal } = new AbortController();
    try {
      await expect(trainer.run(await trainJob(['g1', 'other']), { signal })).rejects.toMatchObject({
        code: 'CSM-DATA-CHANGED',
        details: { column: 'other' },
      });
      const foreign = { ...(await trainJob()), model: join(folder, 'small') } as const;
      await writeFile(join(folder, 'small'), encodeWeights(startOf(4, 3)));
      await expect(trainer.run(foreign, { signal })).rejects.toMatchObject({ code: 'CSM-TRAINER-MODEL' });
      await expect(trainer.run(await trainJob(), { signal })).resolves.toMatchObject({ kind: 'train' });
    } finally {
      await trainer.close();
    }
  });

  it('trains on the samples of a stage alone, and on none where they are of too few patients', async () => {
    const lineageOf = (row: number) => (row < 40 ? 'mono' : row < 56 ? 'prog' : 'other');
    const rows = Array.from(
      { length: 60 },
      (_, row) => `s${row},${row % 2 ? 'x' : 'y'},${lineageOf(row)},${row},${row % 7}`,
    );
    await writeFile(join(folder, 'table.csv'), ['sample,kind,lineage,g1,g2', ...rows].join('\n'));
    const setting = settingOf(1);
    const runFile = readRunFile(`name: groups
model: { family: attention-aml, preset: small, classes: [x, y] }
data: { kind: expression-table, label: kind, group: lineage, groups: [prog, mono, other], testShare: 0, files: { features: table.csv } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
stages: [{ name: train, groups: [prog] }, { name: train, groups: [other] }, { name: train, groups: [mono, other] }]
validation: { share: 0, minimumCell: 2 }
`);
    const contract = { ...setting.contract, runFile };
    const data = { directory: folder, synthetic: true };
    const trainer = createTrainer({ setting: { ...setting, contract, data }, log: silentLog });
    const { signal } = new AbortController();
    try {
      const job = await trainJob(['g1', 'g2']);
      if (job.kind !== 'train') throw new TypeError('another job');
      const salt = 'A'.repeat(22);
      const prepare = { kind: 'prepare', name: 'cohort', pass: 1, preparation: null, salt } as const;
      await expect(trainer.run({ ...prepare, output: join(folder, 'cohort') }, { signal })).resolves.toMatchObject({
        ...{ samples: 60, patients: 60 },
      });
      expect(JSON.parse(await readFile(join(folder, 'cohort'), 'utf8'))).toMatchObject({
        stageSamples: [16, null, 44],
      });
      await expect(trainer.run(job, { signal })).resolves.toMatchObject({ samples: 16, patients: 16 });
      await expect(trainer.run({ ...job, stage: 2 }, { signal })).resolves.toMatchObject({ samples: 44 });
      await expect(trainer.run({ ...job, stage: 1 }, { signal })).rejects.toMatchObject({
        ...{ code: 'CSM-COHORT-STAGE', details: { stage: 'train', minimum: 5 } },
      });
    } finally {
      await trainer.close();
    }
  });

  it('lets go of a job at once, and does the next', async () => {
    const trainer = createTrainer({ setting: settingOf(1000), log: silentLog });
    try {
      const abort = new AbortController();
      const job = await trainJob();
      const onProgress = () => abort.abort(new Error('obsolete'));
      await expect(trainer.run(job, { signal: abort.signal, onProgress })).rejects.toThrow('obsolete');
      const { signal } = new AbortController();
      const salt = 'A'.repeat(22);
      const output = join(folder, 'statistics');
      const next = trainer.run(
        { kind: 'prepare', name: 'cohort', pass: 1, preparation: null, salt, output },
        { signal },
      );
      await expect(next).resolves.toMatchObject({ kind: 'prepare' });
    } finally {
      await trainer.close();
    }
  });

  it('ends a child that hangs in what it was told to stop, and does the next job with another', async () => {
    const waits: { readonly ms: number; readonly run: () => void; isOff: boolean }[] = [];
    const clock: Clock = {
      now: () => 0,
      after(ms, run) {
        const wait = { ms, run, isOff: false };
        waits.push(wait);
        return () => {
          wait.isOff = true;
        };
      },
    };
    const trainer = createTrainer({ setting: settingOf(1000), log: silentLog, clock });
    try {
      const job = await trainJob();
      const salt = 'A'.repeat(22);
      const output = join(folder, 'statistics');
      const short: Job = { kind: 'prepare', name: 'cohort', pass: 1, preparation: null, salt, output };
      const giveUp = async (onTraining: (pid: number) => void) => {
        const abort = new AbortController();
        const onProgress = () => {
          onTraining(trainer.pid() ?? 0);
          abort.abort(new Error('obsolete'));
        };
        await expect(trainer.run(job, { signal: abort.signal, onProgress })).rejects.toThrow('obsolete');
      };
      const { signal } = new AbortController();
      await giveUp(() => {});
      await trainer.run(short, { signal });
      expect(waits).toMatchObject([{ ms: 300_000, isOff: true }]);

      let hung = 0;
      await giveUp((pid) => {
        hung = pid;
        process.kill(pid, 'SIGSTOP');
      });
      expect(waits).toMatchObject([{}, { ms: 300_000, isOff: false }]);
      const behind = trainer.run(short, { signal });
      waits[1]?.run();
      await expect(behind).rejects.toMatchObject({ code: 'CSM-TRAINER-CRASHED' });
      expect(isAlive(hung)).toBe(false);
      await expect(trainer.run(short, { signal })).resolves.toMatchObject({ kind: 'prepare' });
      expect(trainer.pid()).not.toBe(hung);
    } finally {
      await trainer.close();
    }
  });

  it.runIf(process.platform === 'linux')('has no passphrase of a key in its environment', async () => {
    process.env.CONSILIUM_PASSPHRASE = 'for the agent alone';
    const trainer = createTrainer({ setting: settingOf(1), log: silentLog });
    try {
      const prepare = { kind: 'prepare', name: 'cohort', pass: 1, preparation: null } as const;
      const job: Job = { ...prepare, salt: 'A'.repeat(22), output: join(folder, 'statistics') };
      await trainer.run(job, { signal: new AbortController().signal });
      const environment = await readFile(`/proc/${trainer.pid()}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      expect(environment).not.toMatch(/PASSPHRASE|for the agent alone/);
    } finally {
      delete process.env.CONSILIUM_PASSPHRASE;
      await trainer.close();
    }
  });

  it('dies with its agent, killed in the middle of training', async () => {
    const room = fileURLToPath(new URL('../../dist/trainer/index.js', import.meta.url));
    const text = JSON.stringify([settingOf(1000), await trainJob()]);
    const program = `
      const { createTrainer } = await import(${JSON.stringify(room)});
      const [setting, job] = ${text};
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const trainer = createTrainer({ setting, log });
      const onProgress = ({ done }) => console.log(trainer.pid(), done);
      await trainer.run(job, { signal: new AbortController().signal, onProgress });
    `;
    const agent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      createInterface({ input: agent.stdout }).once('line', (line) => resolve(Number(line.split(' ')[0])));
    });
    expect(isAlive(pid)).toBe(true);
    agent.kill('SIGKILL');
    const killed = performance.now();
    while (isAlive(pid)) {
      expect(performance.now() - killed).toBeLessThan(promisedMs);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a backend in a status', () => {
  const inUse = { version: '1', device: 'some', threads: 1 } as const;
  it.each([
    { name: 'native', kind: 'gpu', word: 'native on GPU' },
    { name: 'native', kind: 'cpu', word: 'native on CPU' },
    { name: 'webgpu', kind: 'gpu', word: 'webgpu on GPU' },
    { name: 'wasm', kind: 'cpu', word: 'wasm' },
    { name: 'cpu', kind: 'cpu', word: 'cpu' },
  ] as const)('is $word', ({ name, kind, word }) => {
    expect(backendWord({ ...inUse, name, kind })).toBe(word);
  });
});
