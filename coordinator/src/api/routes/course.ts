import { fail } from '@consilium/shared/errors';
import { siteId } from '@consilium/shared/ids';
import type { JournalRecord } from '@consilium/shared/journal';
import { yamlText } from '@consilium/shared/yaml';
import { z } from 'zod';
import { type RunView, stepView } from '../../conduct/view.js';
import { consortiumChain } from '../../sites/index.js';
import { type Bound, bind, bindMedia } from '../bind.js';
import { downSample, type Point } from '../down-sample.js';
import { journalPage, pageOfJournal } from '../journal-page.js';
import { sees, withoutShare } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { sightOf } from '../role.js';
import { json, media, named } from '../shape.js';
import { whole } from '../streams.js';
import { runPath } from './runs.js';

const longestPage = 200;
const count = (least: number, most: number, usual: number) =>
  z.coerce.number().int().min(least).max(most).default(usual);
const pageQuery = z.strictObject({
  from: count(0, Number.MAX_SAFE_INTEGER, 0),
  limit: count(1, longestPage, 100),
});

export const getSeries = json({
  method: 'GET',
  path: '/api/runs/{run}/series',
  access: 'reader',
  group: 'runs',
  summary:
    'One figure over the judged rounds: pooled, and of the sites that the caller may see. Longer curves are thinned to ' +
    '`points`, keeping ends and extremes',
  params: runPath,
  query: z.strictObject({
    metric: z.string().max(64).default('accuracy'),
    points: count(4, 5000, 400),
  }),
  answer: named(
    'Series',
    z.strictObject({
      metric: z.string(),
      /** Judged rounds, before thinning. */
      rounds: z.int(),
      /** A line for the pooled figure (site null), and one a site. Points are [stage, round, value]. */
      lines: z.array(
        z.strictObject({
          site: siteId.nullable(),
          points: z.array(z.tuple([z.int(), z.int(), z.number().nullable()]).readonly()).readonly(),
        }),
      ),
    }),
  ),
});

export const getSteps = json({
  method: 'GET',
  path: '/api/runs/{run}/steps',
  access: 'reader',
  group: 'runs',
  summary:
    'The steps of a run in the order of their doing: times, participation, bytes sent in, and the model that came of ' +
    'each. With the lines of the sites that the caller may see',
  params: runPath,
  query: pageQuery,
  answer: named('Steps', z.strictObject({ total: z.int(), steps: z.array(named('Step', stepView)) })),
});

export const getRunFile = media({
  method: 'GET',
  path: '/api/runs/{run}/run-file',
  access: 'member',
  group: 'runs',
  summary: 'The run file that the contract holds, all defaults filled in; for a site user when the own site takes part',
  params: runPath,
  mediaType: 'application/yaml',
});

export const getRunRecords = json({
  method: 'GET',
  path: '/api/runs/{run}/journal/records',
  access: 'overseer',
  group: 'runs',
  summary: "A part of the run's journal, and whether it holds",
  params: runPath,
  query: pageQuery,
  answer: journalPage,
});

export const getConsortiumRecords = json({
  method: 'GET',
  path: '/api/journal/records',
  access: 'overseer',
  group: 'sites',
  summary: "A part of the consortium's journal, and whether it holds",
  query: pageQuery,
  answer: journalPage,
});

export function courseRoutes({ runs, sites, own }: ApiOptions): readonly Bound[] {
  const keys = () => [own.current().publicKey, ...sites.roster().coordinatorKeys];
  return [
    bind(getSeries, async ({ params, query: { metric, points }, caller }) => {
      const sight = sightOf(caller);
      const { judged, sites: taking } = await runs.view(params.run);
      const rounds = judged.filter(({ round }) => round !== null);
      const line = (figureOf: (one: Judged) => number | null): readonly Point[] =>
        downSample(
          rounds.map((one): Point => [one.stage ?? 0, one.round ?? 0, figureOf(one)]),
          points,
        );
      if (rounds.length > 0 && !rounds.some((one) => pooledOf(one, metric) !== undefined)) {
        fail('CSM-API-BODY', { path: 'query.metric', problem: 'this run has no such figure' });
      }
      const seen = taking.filter(({ site }) => sees(sight, site) && isReleased(metric));
      return {
        metric,
        rounds: rounds.length,
        lines: [
          { site: null, points: line((one) => pooledOf(one, metric) ?? null) },
          ...seen.map(({ site }) => ({ site, points: line((one) => releasedOf(one, site, metric)) })),
        ],
      };
    }),
    bind(getSteps, async ({ params, query, caller }) => {
      const sight = sightOf(caller);
      const { total, steps } = await runs.steps(params.run, query);
      return {
        total,
        steps: steps.map((step) => ({
          ...step,
          ...(sight.role === 'lead' ? {} : { sampleShare: null, unmet: step.unmet.map(withoutShare) }),
          sites: step.sites.filter(({ site }) => sees(sight, site)),
        })),
      };
    }),
    bindMedia(getRunFile, async ({ params, caller }) => {
      const sight = sightOf(caller);
      const { sites: taking } = await runs.view(params.run);
      if (sight.role === 'site' && !taking.some(({ site }) => sees(sight, site))) {
        fail('CSM-API-ROLE', { needs: 'lead, or site for one that takes part' });
      }
      return whole(Buffer.from(`${yamlText((await runs.contract(params.run)).runFile)}\n`));
    }),
    bind(getRunRecords, async ({ params, query }) => {
      // An unknown run is told apart from one with a short journal.
      await runs.view(params.run);
      return pageOfJournal(params.run, query, { keys: keys(), read: (page) => runs.records(params.run, page) });
    }),
    bind(getConsortiumRecords, ({ query }) =>
      pageOfJournal(consortiumChain, query, {
        keys: keys(),
        async read({ from, limit }) {
          const records: JournalRecord[] = [];
          for await (const record of sites.journal(from)) {
            if (records.push(record) === limit) break;
          }
          return records;
        },
      }),
    ),
  ];
}

type Judged = RunView['judged'][number];

/** A pooled figure by its name; undefined where a round has none of that name. */
function pooledOf({ pooled, figures }: Judged, metric: string): number | null | undefined {
  const named = Object.entries(pooled).find(([name]) => name === metric);
  return named === undefined ? figures.find(({ name }) => name === metric)?.mean : named[1];
}

const releasedNames = ['n', 'loss', 'accuracy', 'macroF1'] as const;
const isReleased = (metric: string): metric is (typeof releasedNames)[number] =>
  releasedNames.some((name) => name === metric);

function releasedOf({ sites }: Judged, site: string, metric: string): number | null {
  const line = sites.find((one) => one.site === site);
  return line === undefined || !isReleased(metric) ? null : line[metric];
}
