import { createHash } from 'node:crypto';
import { canonicalHash } from '@consilium/shared/canonical';
import { type SignedContract, signedContract } from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import { type BlobHash, runId, siteId, stepId } from '@consilium/shared/ids';
import { runReport } from '@consilium/shared/report';
import type { Exported, RunSummary, Runs, RunView, StepView } from '../../conduct/view.js';

const hashOf = (bytes: string | Uint8Array): BlobHash => createHash('sha256').update(bytes).digest('hex') as BlobHash;
const hash = (text: string): BlobHash => hashOf(text);
const site = (name: string) => siteId.parse(name);

/** Figures of a believable run of four hospitals in its ninth round; all made up. */
export function exampleView(overrides: Partial<RunView> = {}): RunView {
  const rounds = 8;
  const curve = (from: number, to: number, round: number) => to + (from - to) * Math.exp(-round / 3);
  const idle = coded('CSM-RUN-SITE-IDLE', { site: 'hospital-d', seconds: 612, step: 'train:0:9' });
  return {
    run: runId.parse('a3f0c2d4e5b60718293a4b5c6d7e8f90'),
    name: 'aml-subtypes',
    phase: 'running',
    outcome: null,
    step: stepId.parse('train:0:9'),
    index: 19,
    steps: 64,
    round: 9,
    rounds: 30,
    stage: null,
    created: '2026-01-12T08:30:00.000Z',
    updated: '2026-01-12T08:41:12.000Z',
    consortium: '0123456789abcdef0123456789abcdef',
    contract: hash('contract'),
    family: 'attention-aml',
    classes: ['NPM1', 'CEBPA', 'RUNX1-RUNX1T1', 'KMT2A'],
    pausedBy: null,
    caveat: null,
    error: null,
    model: hash('model'),
    bestRound: 8,
    frozen: null,
    preparation: hash('preparation'),
    journalHead: hash('head'),
    journalLength: 118,
    turnout: { sites: 4, connected: 3, accepted: 1, refused: 0, absent: 1, left: 0 },
    sites: [
      {
        site: site('hospital-a'),
        connected: true,
        heardSecondsAgo: 1.2,
        activity: 'training',
        progress: { done: 143, total: 220, unit: 'batches', epoch: 1, loss: 0.4312 },
        backend: 'native',
        samples: 214,
        standing: 'asked',
        error: null,
        bytesIn: 3_100_000,
        bytesOut: 3_000_000,
      },
      {
        site: site('hospital-b'),
        connected: true,
        heardSecondsAgo: 0.4,
        activity: 'uploading',
        progress: { done: 210_000, total: 334_000, unit: 'bytes' },
        backend: 'wasm',
        samples: 120,
        standing: 'asked',
        error: null,
        bytesIn: 2_900_000,
        bytesOut: 3_000_000,
      },
      {
        site: site('hospital-c'),
        connected: true,
        heardSecondsAgo: 2,
        activity: 'waiting',
        progress: null,
        backend: 'wasm',
        samples: 96,
        standing: 'accepted',
        error: null,
        bytesIn: 3_050_000,
        bytesOut: 3_000_000,
      },
      {
        site: site('hospital-d'),
        connected: false,
        heardSecondsAgo: 731,
        activity: 'training',
        progress: null,
        backend: 'wasm',
        samples: 41,
        standing: 'absent',
        error: { code: idle.code, details: { ...idle.details } },
        bytesIn: 1_400_000,
        bytesOut: 1_500_000,
      },
    ],
    judged: Array.from({ length: rounds }, (_, index) => {
      const round = index + 1;
      const accuracy = curve(0.25, 0.71, round);
      return {
        step: stepId.parse(`validate:${round}`),
        stage: 0,
        round,
        panels: [],
        figures: [],
        pooled: {
          n: 70,
          loss: curve(1.9, 0.82, round),
          accuracy,
          balancedAccuracy: accuracy - 0.03,
          macroF1: accuracy - 0.05,
          weightedF1: accuracy - 0.01,
          mcc: accuracy - 0.1,
          auc: curve(0.55, 0.93, round),
          ece: curve(0.2, 0.06, round),
          brier: curve(0.8, 0.4, round),
        },
        sites: ['hospital-a', 'hospital-b', 'hospital-c', 'hospital-d'].map((name, place) => ({
          site: site(name),
          n: place === 3 ? null : 30 - place * 6,
          accuracy: place === 3 ? null : accuracy + 0.04 - place * 0.03,
          macroF1: place === 3 ? null : accuracy - 0.01 - place * 0.03,
          loss: place === 3 ? null : curve(1.9, 0.8 + place * 0.06, round),
        })),
      };
    }),
    coverage: {
      sites: [
        { site: site('hospital-a'), samples: 214, contributed: 18, asked: 18, missing: [] },
        { site: site('hospital-b'), samples: 120, contributed: 18, asked: 18, missing: [] },
        { site: site('hospital-c'), samples: 96, contributed: 18, asked: 18, missing: [] },
        {
          site: site('hospital-d'),
          samples: 41,
          contributed: 15,
          asked: 18,
          missing: [{ since: stepId.parse('train:0:8'), error: wire(idle), excused: false }],
        },
      ],
      shortfalls: [],
      sampleShare: { least: 0.913, mean: 0.981 },
    },
    participation: {
      ...{ onShortfall: null, required: [], quorum: 4, minimumSampleShare: 0, idleLimitSeconds: 600 },
      open: {
        ...{ asked: 4, behind: 1, sampleShare: 0.204 },
        unmet: [wire(coded('CSM-RUN-QUORUM', { step: 'train:0:9', sites: 1, needed: 4 }))],
      },
      missing: [
        {
          ...{ site: site('hospital-d'), since: stepId.parse('train:0:8'), at: '2026-01-12T08:40:00.000Z' },
          ...{ excused: false, mayReturn: true, error: wire(idle) },
        },
      ],
    },
    reports: null,
    lacking: [],
    ...overrides,
  };
}

const wire = (error: Parameters<typeof toWire>[0]) => {
  const { code, details } = toWire(error);
  return { code, details: { ...details } };
};

export interface FakeRuns extends Runs {
  /** Replaces what is shown and tells everybody. */
  show(view: RunView): void;
  readonly launched: readonly { readonly signed: SignedContract; readonly stepwise: boolean }[];
  readonly extended: readonly { readonly run: string; readonly signed: SignedContract }[];
  readonly commands: readonly { readonly run: string; readonly command: string }[];
}

/** Runs that only show what they are given. */
export function fakeRuns(views: readonly RunView[] = [], parts: Partial<Exported> = {}): FakeRuns {
  const shown = new Map(views.map((view) => [String(view.run), view]));
  const listeners = new Set<(run: string) => void>();
  const launched: { signed: SignedContract; stepwise: boolean }[] = [];
  const extended: { run: string; signed: SignedContract }[] = [];
  const commands: { run: string; command: string }[] = [];
  const find = (run: string): RunView => {
    const view = shown.get(run);
    if (view === undefined) throw coded('CSM-RUN-UNKNOWN', { run });
    return view;
  };
  const show = (view: RunView) => {
    shown.set(view.run, view);
    for (const listener of listeners) listener(view.run);
  };
  return {
    launched,
    extended,
    commands,
    show,
    async launch(bytes, { stepwise }) {
      const signed = signedContract.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      launched.push({ signed, stepwise });
      const { run, runFile } = signed.contract;
      show(exampleView({ run, name: runFile.name, contract: canonicalHash(signed.contract) }));
      return find(run);
    },
    keepWeights: async (part) => hashOf(part),
    list: async () => [...shown.values()].map(summaryOf),
    view: async (run) => find(run),
    async command(run, command) {
      commands.push({ run, command });
      return find(run);
    },
    async extend(run, bytes) {
      const signed = signedContract.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      extended.push({ run, signed });
      return find(run);
    },
    kept: async () => [],
    async export(run) {
      find(run);
      return {
        contract: Buffer.from('{}'),
        model: null,
        frozen: null,
        preparation: null,
        journal: async function* () {},
        reports: [],
        ...parts,
      };
    },
    async contract(run) {
      find(run);
      const known = launched.find(({ signed }) => signed.contract.run === run);
      if (known === undefined) throw coded('CSM-RUN-UNKNOWN', { run });
      return known.signed.contract;
    },
    async steps(run, { from, limit }) {
      const steps = find(run).judged.map(stepOf);
      return { total: steps.length, steps: steps.slice(from, from + limit) };
    },
    report: async (run) => exampleReport(find(run)),
    records: async () => [],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A report of what a run's view holds. */
const exampleReport = (view: RunView) =>
  runReport.parse({
    ...{ format: 'consilium-run-report-1', consortium: view.consortium, run: view.run, name: view.name },
    ...{ outcome: { status: view.outcome ?? 'open', why: null }, caveat: null, terms: [], minimumCell: 5 },
    stages: [{ index: 0, name: 'train', chosenRound: view.bestRound }],
    sites: view.sites.map(({ site, samples, backend }) => ({
      ...{ site, trainingSamples: samples, contributed: 1, asked: 1, missing: [], report: 'missing' },
      ...{ testSamples: null, backend, software: null, note: null },
    })),
    ...{ participation: [], curve: [], pooled: null, matrix: null, uplift: { told: [], withheld: [] } },
    ...{ fairness: { accuracy: null, macroF1: null }, support: null, groups: [], figures: [], traffic: [] },
    ...{ contract: view.contract, model: view.model, frozen: null, preparation: view.preparation },
    ...{ journal: { head: view.journalHead, records: view.journalLength }, software: {}, notes: [] },
    ...{ wallSeconds: 672, generatedAt: view.updated, synthetic: true },
  });

const stepOf = ({ step, stage, round, sites }: RunView['judged'][number]): StepView => ({
  ...{ step, kind: 'validate', stage, round, opened: null, folding: null, done: null, model: null, isBest: false },
  ...{ asked: sites.length, accepted: sites.length, absent: 0, sampleShare: 1, unmet: [], bytes: 4000 },
  sites: sites.map(({ site, loss }) => ({
    ...{ site, standing: 'accepted', hash: null, at: null, seconds: loss, bytes: 1000, samples: null, refusals: 0 },
    ...{ code: null, excused: false },
  })),
});

const summaryOf = (view: RunView): RunSummary => ({
  run: view.run,
  name: view.name,
  phase: view.phase,
  outcome: view.outcome,
  step: view.step,
  index: view.index,
  steps: view.steps,
  round: view.round,
  rounds: view.rounds,
  stage: view.stage,
  sites: view.sites.length,
  reports: view.reports,
  created: view.created,
  updated: view.updated,
});
