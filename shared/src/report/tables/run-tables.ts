import { scoreNames, withheld } from '../../metrics/index.js';
import type { RunTable, SiteTable } from '../../words/index.js';
import { commonModel, type RunReport } from '../run-report.js';
import type { SiteReport } from '../site-report.js';
import {
  calibrationRows,
  classRows,
  confusionRows,
  scoreRows,
  siteTable,
  siteTables,
  upliftRows,
} from './site-tables.js';
import type { Table } from './table.js';

/** What stands in place of a site where all of them are meant; no site can be called so. */
export const allSites = 'all sites';

/**
 * The tables of a run's report with those of its sites' reports: each site's rows, then those of all sites together.
 * Of a run whose figures are no measure of the model there are none, as in its report.
 * @param sites released reports of the run's final test
 */
export function runTables(report: RunReport, sites: readonly SiteReport[]): readonly Table<RunTable>[] {
  return [...commonTables(report, sites), ...ownTables(report)];
}

function commonTables(report: RunReport, sites: readonly SiteReport[]): readonly Table<SiteTable>[] {
  const { pooled, uplift, groups, figures, caveat } = report;
  const bySite = caveat === null ? sites.map(siteTables) : [];
  const rowsOf = (name: SiteTable) => bySite.flatMap((tables) => tables.find((own) => own.name === name)?.rows ?? []);
  const measures = pooled?.measures;
  return [
    siteTable('scores', [
      ...rowsOf('scores'),
      ...(measures ? scoreRows(allSites, commonModel, measures.n, measures.scores) : []),
      ...groups.flatMap(({ name, n, cell }) =>
        (['accuracy', 'macroF1'] as const).map((score) => [allSites, name, n, score, cell[score], null, null, null]),
      ),
    ]),
    siteTable('classes', [...rowsOf('classes'), ...(measures ? classRows(allSites, measures) : [])]),
    siteTable('confusion', [...rowsOf('confusion'), ...(measures ? confusionRows(allSites, measures) : [])]),
    siteTable('calibration', [...rowsOf('calibration'), ...(measures ? calibrationRows(allSites, measures) : [])]),
    siteTable('temperature', rowsOf('temperature')),
    siteTable('threshold', rowsOf('threshold')),
    siteTable('subgroups', rowsOf('subgroups')),
    siteTable('uplift', [
      ...uplift.told.flatMap(({ site, n, over, scores }) => upliftRows(site, n, over, scores)),
      ...uplift.withheld.map(({ site, over }) => [site, null, over, null, withheld, withheld, withheld]),
    ]),
    siteTable('figures', [...rowsOf('figures'), ...figures.map(({ name, n, mean }) => [allSites, name, n, mean])]),
  ];
}

function ownTables({ support, matrix, participation, curve, sites }: RunReport): readonly Table<RunTable>[] {
  return [
    {
      name: 'support',
      columns: ['site', 'class', 'count'],
      rows:
        support === null
          ? []
          : [...support.rows, { site: allSites, counts: support.totals }].flatMap(({ site, counts }) =>
              support.classes.map((name, index) => [site, name, counts[index]]),
            ),
    },
    {
      name: 'matrix',
      columns: ['site', 'n', 'predictions', 'accuracy', 'macroF1'],
      rows: (matrix?.rows ?? []).flatMap(({ site, n, cells }) =>
        cells.map((cell, index) => [site ?? allSites, n, matrix?.columns[index], cell?.accuracy, cell?.macroF1]),
      ),
    },
    {
      name: 'participation',
      columns: ['stage', 'round', 'sites', 'of', 'sampleShare', 'missing'],
      rows: participation.map(({ stage, round, sites: there, of, sampleShare, missing }) => [
        ...[stage, round, there, of, sampleShare],
        missing.map(({ site }) => site).join(' '),
      ]),
    },
    {
      name: 'curves',
      columns: ['stage', 'round', 'n', ...scoreNames],
      rows: curve.map(({ stage, round, n, scores }) => [stage, round, n, ...scoreNames.map((name) => scores[name])]),
    },
    {
      name: 'sites',
      columns: ['site', 'trainingSamples', 'testSamples', 'contributed', 'asked', 'report', 'backend', 'note'],
      rows: sites.map((own) => [
        ...[own.site, own.trainingSamples, own.testSamples, own.contributed, own.asked],
        ...[own.report, own.backend, own.note],
      ]),
    },
  ];
}
