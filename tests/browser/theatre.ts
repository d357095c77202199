import { readFileSync } from 'node:fs';
import { exampleView, type FakeRuns, fakeRuns } from '../../coordinator/src/api/testing/fake-runs.js';
import type { RunView } from '../../coordinator/src/conduct/index.js';
import type { RunRecord } from '../../coordinator/src/rounds/index.js';
import { encodeContract, makeContract, readRunFile, signContract } from '../../shared/src/contract/index.js';
import { createIdentity, sign } from '../../shared/src/crypto/index.js';
import { blobHash, consortiumId, runId, siteId, stepId } from '../../shared/src/ids.js';
import { type JournalRecord, journalLine, sealRecord } from '../../shared/src/journal/index.js';
import { inventReport, subtypes } from '../../shared/src/report/reports.fixture.js';
import { contributionManifest } from '../../shared/src/wire/index.js';
import { manySteps, stepsOf } from './played-steps.js';

/** Keeps the journals of these runs, as their coordinator. */
export const keeper = createIdentity();
const hospitals = ['hospital-a', 'hospital-b', 'hospital-c', 'hospital-d'].map((name) => siteId.parse(name));
const example = exampleView();
const rounds = 9;
/** In this round the last hospital fell away. */
const lostRound = 8;
const firstMs = Date.parse('2026-01-12T08:30:00.000Z');
const lost = example.sites[3]!.error!;

const ended: RunView = {
  ...exampleView({ run: runId.parse('b4'.repeat(16)), name: 'aml-subtypes', phase: 'closed', outcome: 'degraded' }),
  ...{ step: null, index: 63, round: null, bestRound: 6, classes: subtypes, created: '2026-01-11T08:30:00.000Z' },
  judged: [...example.judged, testOf(example)],
};

/** Fifty sites and a thousand judged rounds. */
const large = largeView(50, 1000);

function testOf({ judged }: RunView): RunView['judged'][number] {
  const last = judged.at(-1)!;
  const { accuracy, macroF1 } = last.pooled;
  const majority = { ...last.pooled, accuracy: (accuracy ?? 0) - 0.4, macroF1: (macroF1 ?? 0) - 0.5, auc: 0.5 };
  return {
    ...last,
    step: stepId.parse('test'),
    stage: null,
    round: null,
    panels: [{ name: 'majority', metrics: majority }],
  };
}

function largeView(sites: number, judged: number): RunView {
  const names = Array.from({ length: sites }, (_, place) =>
    siteId.parse(`hospital-${String(place + 1).padStart(2, '0')}`),
  );
  const like = example.sites[0]!;
  const round = example.judged[0]!;
  return exampleView({
    ...{
      run: runId.parse('c5'.repeat(16)),
      name: 'many-hospitals',
      rounds: judged,
      round: judged,
      index: 2 * judged - 1,
      steps: 2 * judged + 1,
      bestRound: judged - 20,
    },
    turnout: { sites, connected: sites, accepted: 0, refused: 0, absent: 0, left: 0 },
    sites: names.map((site, place) => ({ ...example.sites[place % 4]!, site, samples: 40 + place })),
    judged: Array.from({ length: judged }, (_, index) => {
      const value = 0.7 - 0.5 * Math.exp(-index / 40) + 0.02 * Math.sin(index);
      return {
        ...{ ...round, step: stepId.parse(`validate:${index + 1}`), round: index + 1 },
        pooled: { ...round.pooled, n: 900, accuracy: value, macroF1: value - 0.06, auc: value + 0.2 },
        sites: names.map((site, place) => ({
          ...{ site, n: 20, loss: 1 - value / 2, macroF1: value - 0.1 },
          accuracy: Math.min(1, value + 0.002 * (place - 25) + 0.03 * Math.sin(index * (place + 1))),
        })),
      };
    }),
    coverage: {
      ...example.coverage,
      sites: names.map((site) => ({ ...example.coverage.sites[0]!, site, samples: like.samples })),
    },
  });
}

const fileOf = (text: string) => readRunFile(text, 'demo.yaml');
const demo = readFileSync(new URL('../../deploy/demo.yaml', import.meta.url), 'utf8');
const terms = makeContract({
  runFile: fileOf(demo),
  files: {},
  consortium: consortiumId.parse(example.consortium),
  run: example.run,
  notAfter: new Date(firstMs + 30 * 86_400_000),
});

const hashOf = (text: string) => blobHash.parse(Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64));

function manifestOf(site: (typeof hospitals)[number], step: string, kind: 'update' | 'report') {
  return contributionManifest.parse({
    ...{
      consortium: example.consortium,
      run: example.run,
      contract: example.contract,
      step,
      site,
      base: example.model,
    },
    ...{ kind, codec: kind === 'update' ? 'f32' : 'json', samples: 96, hash: hashOf(`${site}${step}`), bytes: 334_128 },
  });
}

/** What the journal of a run of nine rounds holds. */
function* records(): Generator<readonly [RunRecord, atMs: number]> {
  let atMs = firstMs;
  const after = (ms: number): number => {
    atMs += ms;
    return atMs;
  };
  yield [
    { type: 'offered', contract: example.contract, contractBlob: example.contract, sites: hospitals, stepwise: false },
    atMs,
  ];
  for (let round = 1; round <= rounds; round++) {
    for (const id of [`train:0:${round}`, `validate:${round}`]) {
      const step = stepId.parse(id);
      const isTraining = id.startsWith('train');
      if (round === rounds && !isTraining) return;
      yield [{ type: 'step-opened', step, index: 2 * round }, after(1_000)];
      for (const [place, site] of hospitals.entries()) {
        if (site === hospitals[3] && round >= lostRound) {
          if (round === lostRound && isTraining) {
            yield [{ type: 'site-left', step, site, until: 'heard', excused: false, error: lost }, after(600_000)];
          }
          continue;
        }
        if (round === rounds && place < 2) continue;
        const contribution = {
          manifest: manifestOf(site, id, 'update'),
          signature: sign(keeper, 'consilium-contribution-1', Buffer.of()),
        };
        yield [
          { type: 'contribution-accepted', step, site, contribution },
          after((isTraining ? 9_000 : 1_500) + 400 * place),
        ];
      }
      if (round < rounds) {
        const output = isTraining ? { model: round === 6 ? example.model! : hashOf(`model ${round}`) } : {};
        yield [{ type: 'step-done', step, output }, after(300)];
      }
    }
  }
}

function journal(): readonly JournalRecord[] {
  const sealed: JournalRecord[] = [];
  for (const [{ type, ...body }, atMs] of records()) {
    const draft = { chain: example.run, time: new Date(atMs).toISOString(), type, body };
    sealed.push(sealRecord(sealed.at(-1) ?? null, draft, (domain, bytes) => sign(keeper, domain, bytes)));
  }
  return sealed;
}

/** Runs under way, ended and large, with a journal, a contract and reports behind them; all made up. */
export function playedRuns(): FakeRuns & {
  readonly running: RunView;
  readonly ended: RunView;
  readonly large: RunView;
} {
  const reports = hospitals.map((site, place) => ({
    manifest: manifestOf(site, 'test', 'report'),
    read: async () =>
      Buffer.from(
        JSON.stringify({
          report:
            place === 3
              ? null
              : {
                  report: { ...inventReport({ seed: place + 3, rows: 140 - 50 * place }), site },
                  signature: 'A'.repeat(86),
                },
        }),
      ),
  }));
  const sealed = journal();
  const running = { ...example, journalLength: sealed.length, journalHead: sealed.at(-1)!.hash };
  const past = stepsOf(records(), hospitals);
  const runs = fakeRuns([running, ended, large], {
    contract: encodeContract(signContract(terms, (domain, bytes) => sign(keeper, domain, bytes))),
    journal: async function* () {
      for (const record of sealed) yield Buffer.from(journalLine(record)).toString('utf8');
    },
    reports,
  });
  return {
    ...runs,
    ...{ running, ended, large },
    async steps(run, page) {
      const view = await runs.view(run);
      if (run === large.run) return manySteps(view, page);
      return { total: past.length, steps: past.slice(page.from, page.from + page.limit) };
    },
    records: async (run, { from, limit }) => (run === running.run ? sealed.slice(from, from + limit) : []),
  };
}
