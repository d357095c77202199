import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extendContract, type SignedContract, signContract } from '@consilium/shared/contract';
import { createIdentity, sign, verify } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import { blobHash, type StepId } from '@consilium/shared/ids';
import { readJournal, verifyChain } from '@consilium/shared/journal';
import { readEvaluation, signedReport, verifyReport } from '@consilium/shared/report';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takenPart } from './runs/turnout.js';
import { fakeCoordinator } from './testing/fake-coordinator.js';
import { lateClock } from './testing/late-clock.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

const step = (text: string) => text as StepId;

describe('the agent', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  it('does every step of a run, and leaves a signed report and a ledger that verifies', async () => {
    const signed = site.signed();
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const agent = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();

    expect([...coordinator.submitted.keys()]).toEqual([
      'prepare:cohort:1',
      'prepare:scale:1',
      'train:0:1',
      'validate:1',
      'train:0:2',
      'validate:2',
      'test',
    ]);
    expect([...coordinator.submitted.values()].every((hashes) => hashes.length === 1)).toBe(true);
    expect(coordinator.statuses.filter(({ error }) => error !== null)).toEqual([]);
    expect(coordinator.statuses.at(-1)).toMatchObject({ activity: 'idle', backend: 'wasm', run: null });

    const { run } = signed.contract;
    const report = JSON.parse(await readFile(join(site.home.reports, run, 'test.json'), 'utf8'));
    const checked = verifyReport(signedReport.parse(report), site.identity.publicKey, verify);
    expect(checked).toMatchObject({ part: 'test', site: 'north', backend: expect.stringContaining('wasm') });
    expect(checked.measures.n).toBeGreaterThanOrEqual(14);
    expect(await readFile(join(site.home.reports, run, 'test.html'), 'utf8')).toContain('<html');

    const left = await readdir(join(site.home.runs, run));
    expect(left.filter((name) => /^train.*blob$/.test(name))).toEqual([]);
    const chain = readJournal([await readFile(site.home.ledger)]);
    const lines: string[] = [];
    async function* noted() {
      for await (const record of chain) {
        lines.push(record.type);
        yield record;
      }
    }
    await verifyChain(noted(), { verify: (d, b, s) => verify(site.identity.publicKey, d, b, s) });
    expect(lines.filter((type) => type !== 'status')).toEqual([
      'statistics',
      'statistics',
      'update',
      'report',
      'update',
      'report',
      'report',
    ]);
  });

  it('evaluates on patients held out, with counts that agree with the signed report', async () => {
    const signed = site.signed({ rounds: 1 });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const agent = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    const update = coordinator.submitted.get(step('train:0:1'))![0]!;
    const blob = coordinator.blob(coordinator.submitted.get(step('validate:1'))![0]!)!;
    const contract = JSON.parse(
      await readFile(join(site.home.runs, signed.contract.run, 'memory.json'), 'utf8'),
    ).contract;
    const evaluation = readEvaluation(blob, {
      run: signed.contract.run,
      contract: blobHash.parse(contract),
      step: step('validate:1'),
      site: site.enrolment.site,
      model: update,
      classes: ['A', 'B'],
      minimumCell: 5,
    });
    expect(evaluation.report?.report.part).toBe('validation');
    expect(evaluation.counts).not.toBeNull();
  });

  it('sends what an earlier agent finished, and does not train again', async () => {
    const coordinator = fakeCoordinator({
      signed: site.signed({ rounds: 1 }),
      site: site.identity.publicKey,
      silent: new Set(['train:0:1']),
    });
    const first = await site.start(coordinator);
    await coordinator.until(({ activity, step }) => activity === 'uploading' && step === 'train:0:1');
    while (!coordinator.submitted.has(step('train:0:1'))) await new Promise((resolve) => setImmediate(resolve));
    await first.close();
    coordinator.forgetAgent();

    const before = coordinator.statuses.length;
    const second = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await second.close();
    const [kept, again] = coordinator.submitted.get(step('train:0:1')) ?? [];
    expect(again).toBe(kept);
    const activities = coordinator.statuses.slice(before).filter((status) => status.step === 'train:0:1');
    expect(activities.map(({ activity }) => activity)).not.toContain('training');
  });

  it('sends what an earlier agent finished where the disk has altered the model that it came from', async () => {
    const coordinator = fakeCoordinator({
      ...{ signed: site.signed({ rounds: 1 }), site: site.identity.publicKey, silent: new Set(['train:0:1']) },
    });
    const first = await site.start(coordinator);
    await coordinator.until(({ activity, step }) => activity === 'uploading' && step === 'train:0:1');
    while (!coordinator.submitted.has(step('train:0:1'))) await new Promise((resolve) => setImmediate(resolve));
    await first.close();
    coordinator.forgetAgent();

    const model = join(site.home.blobs, coordinator.model() ?? '');
    await writeFile(model, (await readFile(model)).fill(0, 0, 64));
    const second = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle' || activity === 'declined');
    await second.close();
    expect(coordinator.statuses.map(({ error }) => error?.code ?? null)).toEqual(coordinator.statuses.map(() => null));
    const [kept, again] = coordinator.submitted.get(step('train:0:1')) ?? [];
    expect(again).toBe(kept);
  });

  it('gives the same update when its trainer is killed in the middle', async () => {
    const signed = site.signed({ rounds: 1, localEpochs: 60 });
    const calm = fakeCoordinator({ signed, site: site.identity.publicKey });
    const undisturbed = await site.start(calm);
    await calm.until(({ activity }) => activity === 'idle');
    await undisturbed.close();
    const other = await tinySite(site.lead);
    try {
      const coordinator = fakeCoordinator({ signed, site: other.identity.publicKey });
      const agent = await other.start(coordinator);
      const done = coordinator.until(({ activity }) => activity === 'idle');
      await coordinator.until(({ activity, progress }) => activity === 'training' && progress !== null);
      process.kill(agent.trainers[0]?.pid() ?? 0, 'SIGKILL');
      const troubled = await coordinator.until(({ activity }) => activity === 'troubled');
      expect(troubled.error).toEqual({ code: 'CSM-TRAINER-CRASHED', details: { how: 'SIGKILL' } });
      await done;
      await agent.close();
      expect(coordinator.submitted.get(step('train:0:1'))).toEqual(calm.submitted.get(step('train:0:1')));
    } finally {
      await other.remove();
    }
  });

  it('tries again after a fault of its device', async () => {
    const signed = site.signed({ rounds: 1 });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    let faults = 1;
    const agent = await site.start(coordinator, (trainer) => ({
      ...trainer,
      async run(job, options) {
        if (job.kind === 'train' && faults-- > 0) throw coded('CSM-BACKEND-DEVICE', { reason: 'out of memory' });
        return trainer.run(job, options);
      },
    }));
    const done = coordinator.until(({ activity }) => activity === 'idle');
    const troubled = await coordinator.until(({ activity }) => activity === 'troubled');
    expect(troubled.error).toEqual({ code: 'CSM-BACKEND-DEVICE', details: { reason: 'out of memory' } });
    await done;
    await agent.close();
    expect(coordinator.submitted.has(step('train:0:1'))).toBe(true);
  });

  it('declines a contract that another than the pinned lead signed', async () => {
    const coordinator = fakeCoordinator({
      signed: site.signed({ lead: createIdentity() }),
      site: site.identity.publicKey,
    });
    const agent = await site.start(coordinator);
    const status = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(status.error?.code).toBe('CSM-CONTRACT-SIGNATURE');
    expect(coordinator.submitted.size).toBe(0);
    expect(agent.trainers).toEqual([]);
  });

  it('declines a second model for a step, and a step that it went past', async () => {
    const coordinator = fakeCoordinator({
      signed: site.signed({ rounds: 1 }),
      site: site.identity.publicKey,
      silent: new Set(['validate:1']),
    });
    const agent = await site.start(coordinator);
    await coordinator.until((status) => status.activity === 'uploading' && status.step === 'validate:1');
    const declined = (code: string) =>
      coordinator.until(({ activity, error }) => activity === 'declined' && error?.code === code);
    const second = declined('CSM-AGENT-SECOND-MODEL');
    coordinator.assign({ model: blobHash.parse('d'.repeat(64)), verdict: null });
    await second;
    const back = declined('CSM-AGENT-STEP-BACK');
    coordinator.assign({ step: step('initial'), index: 2, verdict: null });
    await back;
    const again = declined('CSM-AGENT-SECOND-MODEL');
    coordinator.assign({ step: step('prepare:scale:1'), index: 1, verdict: null });
    await again;
    const beyond = declined('CSM-AGENT-STEP-UNKNOWN');
    coordinator.assign({ step: step('train:0:2'), index: 9, verdict: null });
    await beyond;
    await agent.close();
  });

  const extended = ({ contract }: SignedContract, extension: Parameters<typeof extendContract>[1], by = site.lead) =>
    signContract(extendContract(contract, extension), (domain, bytes) => sign(by, domain, bytes));

  it('goes on under a longer contract, keeps the round under way, and ends with the model of a run that was so long', async () => {
    const long = fakeCoordinator({ signed: site.signed({ rounds: 3 }), site: site.identity.publicKey });
    const undisturbed = await site.start(long);
    await long.until(({ activity }) => activity === 'idle');
    await undisturbed.close();
    const other = await tinySite(site.lead);
    try {
      const signed = site.signed({ rounds: 1 });
      const coordinator = fakeCoordinator({ signed, site: other.identity.publicKey });
      const jobs: string[] = [];
      const agent = await other.start(coordinator, (trainer) => ({
        ...trainer,
        async run(job, options) {
          if (job.kind === 'train') jobs.push(job.step);
          if (job.kind === 'train' && job.round === 1) coordinator.extend(extended(signed, { rounds: 3 }));
          return trainer.run(job, options);
        },
      }));
      await coordinator.until(({ activity }) => activity === 'idle');
      await agent.close();
      expect(jobs).toEqual(['train:0:1', 'train:0:2', 'train:0:3']);
      expect(coordinator.submitted.get(step('train:0:3'))).toEqual(long.submitted.get(step('train:0:3')));
      expect([...coordinator.submitted.values()].every((hashes) => hashes.length === 1)).toBe(true);
      expect(coordinator.statuses.filter(({ error }) => error !== null)).toEqual([]);
    } finally {
      await other.remove();
    }
  });

  it('takes up again what it declined for a contract that had ended', async () => {
    const signed = site.signed({ rounds: 1, notAfter: new Date(0) });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const agent = await site.start(coordinator);
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    expect(declined.error?.code).toBe('CSM-CONTRACT-EXPIRED');
    coordinator.extend(extended(signed, { notAfter: new Date(Date.now() + 3_600_000) }));
    await coordinator.until(({ activity }) => activity === 'idle');
    await agent.close();
    expect(coordinator.submitted.has(step('test'))).toBe(true);
  });

  it('declines a longer contract that another signed, and one that changes something else', async () => {
    const signed = site.signed({ rounds: 1 });
    const silent = new Set(['validate:1']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const agent = await site.start(coordinator);
    await coordinator.until((status) => status.activity === 'uploading' && status.step === 'validate:1');
    const honest = extended(signed, { rounds: 3 });
    const changed = { ...honest.contract, runFile: { ...honest.contract.runFile, seed: 99 } };
    for (const [longer, code] of [
      [extended(signed, { rounds: 3 }, createIdentity()), 'CSM-CONTRACT-SIGNATURE'],
      [signContract(changed, (domain, bytes) => sign(site.lead, domain, bytes)), 'CSM-CONTRACT-EXTENSION'],
      [site.signed({ rounds: 3, seed: 99 }), 'CSM-AGENT-SECOND-CONTRACT'],
    ] as const) {
      const declined = coordinator.until(({ activity, error }) => activity === 'declined' && error?.code === code);
      coordinator.extend(longer);
      coordinator.assign({ preparation: null });
      await declined;
    }
    await agent.close();
    expect(coordinator.submitted.has(step('train:0:2'))).toBe(false);
  });

  it('tells of no round that took its update on a word about another, or about none', async () => {
    const signed = site.signed({ rounds: 2 });
    const silent = new Set(['train:0:1']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const agent = await site.start(coordinator);
    const accepted = async () =>
      (await takenPart(join(site.home.runs, signed.contract.run), signed.contract))[0]?.accepted;
    const claim = async (changes: Parameters<typeof coordinator.assign>[0]) => {
      coordinator.assign(null);
      const waiting = coordinator.until(({ activity }) => activity === 'waiting');
      coordinator.assign(changes);
      await waiting;
    };
    while (!coordinator.submitted.has(step('train:0:1'))) await new Promise((resolve) => setImmediate(resolve));
    const other = { outcome: 'accepted', hash: blobHash.parse('d'.repeat(64)) } as const;
    await claim({ verdict: other });
    await claim({ step: step('train:0:2'), index: 5, verdict: other });
    expect(await accepted()).toEqual([]);
    await claim({ verdict: { ...other, hash: coordinator.submitted.get(step('train:0:1'))![0]! } });
    expect(await accepted()).toEqual([[1, 1]]);
    await agent.close();
  });

  it('tells of a round that took its update though it died before it could note that', async () => {
    const signed = site.signed({ rounds: 2 });
    const silent = new Set(['validate:2']);
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey, silent });
    const first = await site.start(coordinator);
    await coordinator.until((status) => status.activity === 'uploading' && status.step === 'validate:2');
    await first.close();
    coordinator.forgetAgent();
    const folder = join(site.home.runs, signed.contract.run);
    await rm(join(folder, 'turnout.json'));
    const second = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'idle');
    await second.close();
    expect(await takenPart(folder, signed.contract)).toMatchObject([{ accepted: [[2, 2]] }]);
  });

  it('begins no work, and ends not, before the rest that a pause gave it is over', async () => {
    const signed = site.signed({ rounds: 1 });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const order: string[] = [];
    const agent = await site.start(
      coordinator,
      (trainer) => ({
        ...trainer,
        run(job, options) {
          order.push(job.kind);
          return trainer.run(job, options);
        },
        async close() {
          order.push('ends');
          await trainer.close();
          for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
          order.push('ended');
        },
      }),
      lateClock,
    );
    await coordinator.until(({ activity, step: now }) => activity === 'training' && now === 'train:0:1');
    const idle = coordinator.until(({ activity }) => activity === 'idle');
    coordinator.assign(null);
    await idle;
    coordinator.assign({});
    await coordinator.until(({ activity, step: now }) => activity === 'evaluating' && now === 'test');
    const end = coordinator.until(({ activity }) => activity === 'idle');
    await end;
    await agent.close();
    const closes = order.filter((word) => /^end/.test(word));
    expect(closes).toEqual(['ends', 'ended', 'ends', 'ended']);
    expect(order.indexOf('ended')).toBe(order.indexOf('ends') + 1);
    expect(order.slice(-2)).toEqual(['ends', 'ended']);
  });

  it('declines when its contribution is refused, and does not make another', async () => {
    const coordinator = fakeCoordinator({
      signed: site.signed({ rounds: 1 }),
      site: site.identity.publicKey,
      refuse: new Set(['train:0:1']),
    });
    const agent = await site.start(coordinator);
    const status = await coordinator.until(({ activity }) => activity === 'declined');
    coordinator.assign({});
    await agent.close();
    expect(status).toMatchObject({ step: 'train:0:1', error: { code: 'CSM-UPDATE-NORM' } });
    expect(coordinator.submitted.get(step('train:0:1'))).toHaveLength(1);
  });
});
